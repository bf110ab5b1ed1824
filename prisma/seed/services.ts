import type { ExampleCategory } from './categories.ts';
import { communitiesOf, communityNamed } from './communities.ts';
import { CARE_OFFERINGS } from './phrases/offerings-care.ts';
import { DERIVED_OFFERINGS } from './phrases/offerings-derived.ts';
import { GOVERNMENT_OFFERINGS } from './phrases/offerings-government.ts';
import { HOME_OFFERINGS } from './phrases/offerings-home.ts';
import { RESIDENT_OFFERINGS } from './phrases/offerings-residents.ts';
import { type ExampleProvider, exampleProviders } from './providers.ts';
import { type Random, randomStream } from './random.ts';
import type { Offering, OfferingChange } from './sketches.ts';
import { wording } from './wording.ts';

export const SERVICE_COLUMNS = [
  'external_id',
  'provider_external_id',
  'name',
  'name_en',
  'description',
  'nature',
  'status',
  'categories',
  'keywords',
  'communities',
  'locations',
  'radius_metres',
  'schedule',
  'schedule_exceptions',
  'all_of',
  'any_of',
  'none_of',
  'minimum_age',
  'maximum_age',
  'price_yuan',
  'unit',
  'funding',
  'places',
  'capacity_period',
  'valid_from',
  'valid_to',
] as const;
export type ServiceRow = Record<(typeof SERVICE_COLUMNS)[number], string>;

const OFFERINGS: Readonly<Record<string, Offering>> = {
  ...GOVERNMENT_OFFERINGS,
  ...RESIDENT_OFFERINGS,
  ...CARE_OFFERINGS,
  ...HOME_OFFERINGS,
  ...DERIVED_OFFERINGS,
};

/** The rows of services.csv; `categories` gives the units by code. */
export function serviceRows(categories: ReadonlyMap<string, ExampleCategory>): ServiceRow[] {
  const rows: ServiceRow[] = [];
  for (const provider of exampleProviders) {
    provider.offers.forEach((offer, position) => {
      const [key, change] = typeof offer === 'string' ? [offer, {}] : offer;
      const offering = OFFERINGS[key];
      if (!offering) throw new Error(`${provider.name} offers "${key}", which is not written down.`);
      const random = randomStream(`service ${provider.name} ${key} ${position}`);
      const id = `S-${String(rows.length + 1).padStart(4, '0')}`;
      rows.push(serviceRow(id, provider, { ...offering, ...change }, categories, random));
    });
  }
  return rows;
}

function serviceRow(
  id: string,
  provider: ExampleProvider,
  offering: Offering & OfferingChange,
  categories: ReadonlyMap<string, ExampleCategory>,
  random: Random,
): ServiceRow {
  const facts = { 街道: provider.street, 社区: provider.community, 主体: provider.name };
  const unit = categories.get(offering.categories[0]!)?.unit;
  if (unit === undefined) throw new Error(`${offering.name} names a category that the taxonomy does not have.`);
  const { allOf, anyOf, noneOf, minimumAge, maximumAge } = offering.eligibility ?? {};
  return {
    external_id: id,
    provider_external_id: provider.id,
    name: wording(offering.name, random, facts),
    name_en: offering.nameEn,
    description: wording(random.pick(offering.descriptions), random, facts),
    nature: offering.nature,
    status: offering.status ?? 'PUBLISHED',
    categories: offering.categories.join(';'),
    keywords: offering.keywords.join(';'),
    communities: communitiesServed(provider, offering).join(';'),
    locations: offering.remote ? '' : locationsOf(provider).join(';'),
    radius_metres: typeof offering.reach === 'number' ? String(offering.reach) : '',
    schedule: random.pick(offering.schedules),
    schedule_exceptions: offering.exceptions ?? '',
    all_of: (allOf ?? []).join(';'),
    any_of: (anyOf ?? []).join(';'),
    none_of: (noneOf ?? []).join(';'),
    minimum_age: minimumAge === undefined ? '' : String(minimumAge),
    maximum_age: maximumAge === undefined ? '' : String(maximumAge),
    price_yuan: random.pick(offering.prices),
    unit,
    funding: (offering.funding ?? []).join(';'),
    places: offering.places === null ? '' : String(random.between(...offering.places)),
    capacity_period: offering.period,
    valid_from: offering.term?.[0] ?? '',
    valid_to: offering.term?.[1] ?? '',
  };
}

function communitiesServed(provider: ExampleProvider, offering: Offering): string[] {
  if (offering.reach === 'COMMUNITY') return [communityNamed(provider.community).id];
  if (offering.reach !== 'STREET') return [];
  if (provider.serves) return provider.serves.map((name) => communityNamed(name).id);
  return communitiesOf(provider.street).map((community) => community.id);
}

function locationsOf(provider: ExampleProvider): string[] {
  const office = `${provider.latitude},${provider.longitude}|${provider.name}|凯里市${provider.address}`;
  const sites = (provider.sites ?? []).map(
    (site) => `${site.latitude.toFixed(6)},${site.longitude.toFixed(6)}|${site.name}|${site.address}`,
  );
  return [office, ...sites];
}
