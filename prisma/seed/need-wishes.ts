import { WISHES } from './phrases/voices.ts';
import { exampleProviders } from './providers.ts';
import type { Random } from './random.ts';
import type { ExampleResident } from './residents.ts';
import type { ServiceRow } from './services.ts';
import type { Demand } from './sketches.ts';

/** What a need asks for beside the service itself, in columns and in the words that say the same. */
export type Wishes = {
  readonly preferredWindows: string;
  readonly startsLater: boolean;
  readonly maximumPriceYuan: string;
  readonly preferredProvider: string;
  readonly excludedProvider: string;
  readonly excludedNature: string;
  readonly sentences: readonly string[];
};

/** Categories whose service comes to a home or has an hour, so that a time may be asked for. */
const TIMED = /^(HOME|ELDER\.(ACCOMPANY|BATHING|HOMECARE)|HEALTH|LEARN|MUTUAL|CHILD\.AFTERSCHOOL|LEGAL\.CONSULT)/;

export function wishesOf(
  demand: Demand,
  resident: ExampleResident,
  urgency: number,
  services: readonly ServiceRow[],
  random: Random,
): Wishes {
  const sentences: string[] = [];
  const say = (phrases: readonly string[], facts: Readonly<Record<string, string>> = {}) => {
    let phrase = random.pick(phrases);
    for (const [name, fact] of Object.entries(facts)) phrase = phrase.replaceAll(`[${name}]`, fact);
    sentences.push(phrase);
  };

  let preferredWindows = '';
  if (urgency >= 3 && TIMED.test(demand.category) && random.chance(12)) {
    const windows = Object.keys(WISHES.windows) as (keyof typeof WISHES.windows)[];
    preferredWindows = random.pick(windows);
    say(WISHES.windows[preferredWindows as keyof typeof WISHES.windows]);
  }
  const startsLater = urgency >= 3 && preferredWindows === '' && random.chance(4);
  if (startsLater) say(WISHES.later);

  const maximumPriceYuan = demand.budgets && random.chance(24) ? random.pick(demand.budgets) : '';
  if (maximumPriceYuan === '0') say(WISHES.free);
  else if (maximumPriceYuan !== '') say(WISHES.budget, { 预算: maximumPriceYuan });

  const near = services.filter(
    (service) =>
      service.categories.split(';')[0] === demand.category && isOffered(service) && reaches(service, resident),
  );
  let preferredProvider = '';
  let excludedProvider = '';
  if (near.length > 0 && random.chance(4)) {
    preferredProvider = random.pick(near).provider_external_id;
    say(WISHES.preferred, { 主体: nameOf(preferredProvider) });
  } else if (near.length > 0 && random.chance(3)) {
    excludedProvider = random.pick(near).provider_external_id;
    say(WISHES.excludedProvider, { 主体: nameOf(excludedProvider) });
  }
  const commercial = TIMED.test(demand.category) && near.some((service) => service.nature === 'COMMERCIAL');
  const excludedNature = commercial && random.chance(5) ? 'COMMERCIAL' : '';
  if (excludedNature !== '') say(WISHES.excludedCommercial);

  return {
    preferredWindows,
    startsLater,
    maximumPriceYuan,
    preferredProvider,
    excludedProvider,
    excludedNature,
    sentences,
  };
}

function reaches(service: ServiceRow, resident: ExampleResident): boolean {
  return service.communities === '' || service.communities.split(';').includes(resident.community.id);
}

function isOffered(service: ServiceRow): boolean {
  const provider = exampleProviders.find(({ id }) => id === service.provider_external_id)!;
  return service.status === 'PUBLISHED' && (provider.admission ?? 'ADMITTED') === 'ADMITTED';
}

function nameOf(providerId: string): string {
  return exampleProviders.find((provider) => provider.id === providerId)!.name;
}
