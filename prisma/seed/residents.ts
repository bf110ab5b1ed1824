import { addDays, ageOn, REFERENCE_DAY } from './calendar.ts';
import { type ExampleCommunity, exampleCommunities } from './communities.ts';
import { GIVEN_NAMES, SURNAMES } from './phrases/names.ts';
import { type Random, randomStream } from './random.ts';
import type { Attribute } from './sketches.ts';

export type Gender = 'FEMALE' | 'MALE';

/** A resident of the example area; `age` is in whole years on the reference day. */
export type ExampleResident = {
  readonly id: string;
  readonly community: ExampleCommunity;
  readonly surname: string;
  readonly name: string;
  readonly gender: Gender;
  readonly birthDate: string;
  readonly age: number;
  readonly phone: string;
  readonly estate: string;
  /** Building and unit, e.g. `3栋2单元501`. */
  readonly door: string;
  readonly latitude: string;
  readonly longitude: string;
  readonly attributes: readonly Attribute[];
};

const RESIDENTS = 1520;

/** The residents in the order of the file, shared out over the communities by population. */
export function exampleResidents(): ExampleResident[] {
  const byPopulation = exampleCommunities.map((community) => [community, community.population] as const);
  return Array.from({ length: RESIDENTS }, (_, index) => {
    const random = randomStream(`resident ${index + 1}`);
    return resident(`R-${String(index + 1).padStart(5, '0')}`, random.weighted(byPopulation), random);
  });
}

export const RESIDENT_COLUMNS = [
  'external_id',
  'community',
  'name',
  'birth_date',
  'gender',
  'phone',
  'address',
  'latitude',
  'longitude',
  'attributes',
] as const;

/** The rows of residents.csv. */
export function residentRows(
  residents: readonly ExampleResident[],
): Record<(typeof RESIDENT_COLUMNS)[number], string>[] {
  return residents.map((resident) => ({
    external_id: resident.id,
    community: resident.community.id,
    name: resident.name,
    birth_date: resident.birthDate,
    gender: resident.gender,
    phone: resident.phone,
    address: `${resident.community.name}${resident.estate}${resident.door}`,
    latitude: resident.latitude,
    longitude: resident.longitude,
    attributes: resident.attributes.join(';'),
  }));
}

function resident(id: string, community: ExampleCommunity, random: Random): ExampleResident {
  const gender: Gender = random.chance(54) ? 'FEMALE' : 'MALE';
  const birthDate = addDays(REFERENCE_DAY, -random.below(365) - 365 * yearsOld(random));
  const age = ageOn(birthDate, REFERENCE_DAY);
  const surname = random.weighted(SURNAMES);
  const generation = birthDate < '1965' ? 'old' : birthDate < '2000' ? 'middle' : 'young';
  const phone = `1380855${String(random.below(10_000)).padStart(4, '0')}`;
  return {
    id,
    community,
    surname,
    name: surname + random.pick(GIVEN_NAMES[gender][generation]),
    gender,
    birthDate,
    age,
    phone: random.chance(93) ? phone : '',
    estate: random.pick(community.estates),
    door: `${random.between(1, 14)}栋${random.between(1, 4)}单元${random.between(1, 9)}0${random.between(1, 4)}`,
    latitude: scattered(community.latitude, community.spread, random),
    longitude: scattered(community.longitude, community.spread, random),
    attributes: attributesOf(age, gender, community, random),
  };
}

/** Those who turn to a community are chiefly old people, then families with children. */
function yearsOld(random: Random): number {
  const [least, most] = random.weighted([
    [[1, 3], 4],
    [[6, 12], 13],
    [[13, 16], 5],
    [[17, 29], 8],
    [[30, 44], 15],
    [[45, 58], 13],
    [[59, 69], 18],
    [[70, 79], 16],
    [[80, 94], 8],
  ] as const);
  return random.between(least, most);
}

function attributesOf(age: number, gender: Gender, community: ExampleCommunity, random: Random): Attribute[] {
  const resettled = community.name === '上马石社区' || community.name === '月塘社区';
  const attributes: Attribute[] = [];
  const maybe = (attribute: Attribute, percent: number) => {
    if (random.chance(percent)) attributes.push(attribute);
  };
  if (age >= 60) {
    attributes.push('ELDERLY');
    if (random.chance(age >= 75 ? 30 : 18)) attributes.push('LIVING_ALONE');
    else maybe('EMPTY_NEST', 28);
    if (age >= 68) maybe('BEDRIDDEN', age >= 80 ? 17 : 8);
    maybe('CHRONIC_ILLNESS', 46);
    maybe('DISABLED', 12);
    if (random.chance(resettled ? 7 : 3)) attributes.push('EXTREME_POVERTY');
    else maybe('LOW_INCOME', resettled ? 24 : 12);
    maybe('VETERAN', 7);
    maybe('MARTYR_FAMILY', 2);
    maybe('BEREAVED_FAMILY', 4);
    return attributes;
  }
  if (age >= 18) {
    maybe('DISABLED', 7);
    maybe('CHRONIC_ILLNESS', age >= 45 ? 18 : 5);
    if (gender === 'FEMALE' && age < 43) maybe('PREGNANT', 7);
    maybe('LOW_INCOME', resettled ? 20 : 9);
    if (random.chance(resettled ? 22 : 12)) attributes.push('UNEMPLOYED');
    else maybe('MIGRANT_WORKER', resettled ? 26 : 13);
    maybe('VETERAN', 5);
    if (age >= 50) maybe('BEREAVED_FAMILY', 4);
    return attributes;
  }
  if (random.chance(resettled ? 42 : 22)) attributes.push('LEFT_BEHIND_CHILD');
  maybe('CHILD_IN_DIFFICULTY', resettled ? 18 : 10);
  maybe('DISABLED', 3);
  maybe('LOW_INCOME', 8);
  return attributes;
}

/** A home within the spread of a community, thicker towards its centre. */
function scattered(degrees: number, spread: number, random: Random): string {
  const reach = spread * 100;
  return (
    degrees +
    Math.trunc((random.between(-reach, reach) + random.between(-reach, reach)) / 2) / 1_000_000
  ).toFixed(6);
}
