import { communitiesOf, communityNamed, exampleCommunities } from './communities.ts';
import { STREETS, type Street } from './phrases/communities.ts';
import { CITY_OFFICES, NOT_OFFERED, REHAB_STREETS, STREET_BODIES } from './phrases/providers-government.ts';
import {
  COMMITTEE_EXTRAS,
  COMMITTEE_GAPS,
  COMMITTEE_OFFERS,
  RESIDENT_ORGANISATIONS,
} from './phrases/providers-residents.ts';
import { SOCIAL_PROVIDERS } from './phrases/providers-social.ts';
import { type Random, randomStream } from './random.ts';
import type { ProviderSketch } from './sketches.ts';

/** A provider with its id in the files (`P-001` …), its place, and the street it stands in. */
export type ExampleProvider = ProviderSketch & {
  readonly id: string;
  readonly street: Street;
  readonly latitude: string;
  readonly longitude: string;
};

const sketches: readonly ProviderSketch[] = [
  ...CITY_OFFICES,
  ...streetCentres(),
  ...policePosts(),
  ...healthCentres(),
  ...exampleCommunities.map((community) => committeeOf(community.name)),
  ...RESIDENT_ORGANISATIONS,
  ...SOCIAL_PROVIDERS,
];

/** The providers in the order of the file. */
export const exampleProviders: readonly ExampleProvider[] = sketches.map((sketch, index) => {
  const community = communityNamed(sketch.community);
  const random = randomStream(`provider ${sketch.name}`);
  const office = sketch.offers.some((offer) => offer === 'certificates');
  return {
    ...sketch,
    id: `P-${String(index + 1).padStart(3, '0')}`,
    street: community.street,
    latitude: (office ? community.latitude : near(community.latitude, random)).toFixed(6),
    longitude: (office ? community.longitude : near(community.longitude, random)).toFixed(6),
  };
});

export const PROVIDER_COLUMNS = [
  'external_id',
  'name',
  'name_en',
  'kind',
  'admission',
  'description',
  'phone',
  'email',
  'address',
  'latitude',
  'longitude',
] as const;

/** The rows of providers.csv. */
export function providerRows(): Record<(typeof PROVIDER_COLUMNS)[number], string>[] {
  return exampleProviders.map((provider) => {
    const random = randomStream(`telephone ${provider.name}`);
    const mobile = provider.kind === 'SOCIAL' && random.chance(35);
    const digits = String(random.below(mobile ? 10_000 : 100_000)).padStart(mobile ? 4 : 5, '0');
    return {
      external_id: provider.id,
      name: provider.name,
      name_en: provider.nameEn,
      kind: provider.kind,
      admission: provider.admission ?? 'ADMITTED',
      description: provider.description,
      phone: mobile ? `1380855${digits}` : `0855-83${digits}`,
      email: provider.email ?? '',
      address: `凯里市${provider.address}`,
      latitude: provider.latitude,
      longitude: provider.longitude,
    };
  });
}

function streetCentres(): ProviderSketch[] {
  const { offers, description, community } = STREET_BODIES.centre;
  return streetNames().map((street) => ({
    name: `${street}便民服务中心`,
    nameEn: `${STREETS[street].nameEn} Convenience Centre`,
    kind: 'GOVERNMENT',
    description,
    community: community[street],
    address: STREETS[street].address.replace('凯里市', ''),
    offers: offers.filter((offer) => !NOT_OFFERED[street]?.includes(offer)),
  }));
}

function policePosts(): ProviderSketch[] {
  const { offers, description, community } = STREET_BODIES.police;
  return streetNames().map((street) => ({
    name: `${street}派出所社区警务室`,
    nameEn: `${STREETS[street].nameEn} Police Post`,
    kind: 'GOVERNMENT',
    description,
    community: community[street],
    address: `${communityNamed(community[street]).office}旁`,
    offers,
  }));
}

function healthCentres(): ProviderSketch[] {
  const { offers, description, community } = STREET_BODIES.health;
  return streetNames().flatMap((street): ProviderSketch[] => {
    const at = (community as Partial<Record<Street, string>>)[street];
    if (at === undefined) return [];
    return [
      {
        name: `${street}社区卫生服务中心`,
        nameEn: `${STREETS[street].nameEn} Community Health Centre`,
        kind: 'GOVERNMENT',
        description,
        community: at,
        address: `${communityNamed(at).office}对面`,
        offers: [
          ...offers.filter((offer) => !NOT_OFFERED[street]?.includes(offer)),
          ...(REHAB_STREETS.includes(street) ? ['rehab-clinic'] : []),
        ],
      },
    ];
  });
}

function committeeOf(name: string): ProviderSketch {
  const community = communityNamed(name);
  return {
    name: `${name}居民委员会`,
    nameEn: `${community.nameEn} Residents’ Committee`,
    kind: 'SELF_GOVERNING',
    description: `${community.street}${name}居民自治组织，服务${community.estates.slice(0, 3).join('、')}等院落。`,
    community: name,
    address: community.office,
    offers: [
      ...COMMITTEE_OFFERS.filter((offer) => !COMMITTEE_GAPS[name]?.includes(offer)),
      ...Object.keys(COMMITTEE_EXTRAS).filter((offer) => COMMITTEE_EXTRAS[offer]!.includes(name)),
    ],
  };
}

function streetNames(): Street[] {
  return (Object.keys(STREETS) as Street[]).filter((street) => communitiesOf(street).length > 0);
}

/** A place within about 150 m. */
function near(degrees: number, random: Random): number {
  return degrees + random.between(-1400, 1400) / 1_000_000;
}
