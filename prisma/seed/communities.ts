import { COMMUNITIES, type CommunitySketch, type Street } from './phrases/communities.ts';

/** A community with its id in the files, `C-01` to `C-23`. */
export type ExampleCommunity = CommunitySketch & { readonly id: string };

/** The communities in the order of the file. */
export const exampleCommunities: readonly ExampleCommunity[] = COMMUNITIES.map((sketch, index) => ({
  ...sketch,
  id: `C-${String(index + 1).padStart(2, '0')}`,
}));

/** The community of this name; throws when there is none. */
export function communityNamed(name: string): ExampleCommunity {
  const found = exampleCommunities.find((community) => community.name === name);
  if (!found) throw new Error(`No community is called ${name}.`);
  return found;
}

/** The communities of a street, in the order of the file. */
export function communitiesOf(street: Street): ExampleCommunity[] {
  return exampleCommunities.filter((community) => community.street === street);
}

export const COMMUNITY_COLUMNS = [
  'external_id',
  'name',
  'name_en',
  'population',
  'latitude',
  'longitude',
  'office_address',
  'office_phone',
] as const;

/** The rows of communities.csv. */
export function communityRows(): Record<(typeof COMMUNITY_COLUMNS)[number], string>[] {
  return exampleCommunities.map((community, index) => ({
    external_id: community.id,
    name: community.name,
    name_en: `${community.nameEn} Community`,
    population: String(community.population),
    latitude: community.latitude.toFixed(6),
    longitude: community.longitude.toFixed(6),
    office_address: `凯里市${community.office}`,
    office_phone: `0855-8${String(210_100 + index * 137).padStart(6, '0')}`,
  }));
}
