import type { ProviderKind, ServiceNature } from '../../src/matching/records.ts';

export type Attribute =
  | 'ELDERLY'
  | 'LIVING_ALONE'
  | 'EMPTY_NEST'
  | 'DISABLED'
  | 'BEDRIDDEN'
  | 'LOW_INCOME'
  | 'EXTREME_POVERTY'
  | 'LEFT_BEHIND_CHILD'
  | 'CHILD_IN_DIFFICULTY'
  | 'VETERAN'
  | 'PREGNANT'
  | 'CHRONIC_ILLNESS'
  | 'UNEMPLOYED'
  | 'MIGRANT_WORKER'
  | 'MARTYR_FAMILY'
  | 'BEREAVED_FAMILY';

export type Funding = 'GOVERNMENT_PURCHASE' | 'PROJECT_SUBSIDY' | 'PROJECT_AWARD' | 'CIVIL_AFFAIRS_GRANT' | 'VOLUNTEER';

/** A service as written by hand, once for all the providers that offer it. Phrases may hold `{a|b}` and `[街道]`, `[社区]`, `[主体]`. */
export type Offering = {
  readonly name: string;
  readonly nameEn: string;
  readonly descriptions: readonly string[];
  readonly nature: ServiceNature;
  readonly categories: readonly string[];
  readonly keywords: readonly string[];
  /** The whole city, the provider's street or community, or a circle around its places in metres. */
  readonly reach: 'AREA' | 'STREET' | 'COMMUNITY' | number;
  readonly schedules: readonly string[];
  readonly exceptions?: string;
  readonly eligibility?: {
    readonly allOf?: readonly Attribute[];
    readonly anyOf?: readonly Attribute[];
    readonly noneOf?: readonly Attribute[];
    readonly minimumAge?: number;
    readonly maximumAge?: number;
  };
  /** Yuan for one unit, one of these; `0` for free. */
  readonly prices: readonly string[];
  readonly funding?: readonly Funding[];
  /** Least and most places in a period; `null` for unlimited. */
  readonly places: readonly [number, number] | null;
  readonly period: 'DAY' | 'WEEK' | 'MONTH' | 'OPEN';
  /** Given on the telephone or on line: it has no place. */
  readonly remote?: true;
  readonly term?: readonly [from: string, to: string];
};

/** What one provider does differently with an offering. */
export type OfferingChange = Partial<
  Pick<Offering, 'name' | 'nameEn' | 'reach' | 'places' | 'prices' | 'schedules' | 'term'>
> & {
  readonly status?: 'DRAFT' | 'PUBLISHED' | 'WITHDRAWN';
};

export type Site = {
  readonly name: string;
  readonly address: string;
  readonly latitude: number;
  readonly longitude: number;
};

/** A provider as written by hand. It stands in a community, or serves a whole street from its office. */
export type ProviderSketch = {
  readonly name: string;
  readonly nameEn: string;
  readonly kind: ProviderKind;
  readonly admission?: 'APPLIED' | 'ADMITTED' | 'SUSPENDED';
  readonly description: string;
  /** Name of the community in which its office is. */
  readonly community: string;
  readonly address: string;
  /** Names of the communities it serves where an offering reaches its STREET; the street's own when left out. */
  readonly serves?: readonly string[];
  readonly sites?: readonly Site[];
  readonly email?: string;
  readonly offers: readonly (string | readonly [string, OfferingChange])[];
};

/**
 * One kind of situation, told in up to three voices: by the resident, by a relative or neighbour, and in the third person
 * by a grid worker or a hotline clerk. Phrases may hold `{a|b}` and the facts of `need-facts.ts`.
 */
export type Story = {
  readonly title: string;
  readonly own?: readonly string[];
  readonly family?: readonly string[];
  readonly staff?: readonly string[];
  /** A matter of life and safety, or close to it: the only story of urgency 1, and never told of urgency 3 or 4. */
  readonly grave?: true;
  /** Of whom alone it is told, where not of every seeker. */
  readonly ages?: readonly [number, number];
  readonly anyOf?: readonly Attribute[];
  /** Units asked for, with weights, where not those of the category. */
  readonly quantities?: Demand['quantities'];
};

/** What people ask for in one category. */
export type Demand = {
  readonly category: string;
  readonly count: number;
  /** Who asks: an age range and, when named, at least one attribute; `strays` in a hundred are anybody. */
  readonly seekers: {
    readonly ages: readonly [number, number];
    readonly anyOf?: readonly Attribute[];
    readonly strays?: number;
  };
  /** How many in a hundred are of urgency 1, 2, 3 and 4. */
  readonly urgencies: readonly [number, number, number, number];
  /** Units asked for, with weights; 1 when left out. */
  readonly quantities?: readonly (readonly [number, number])[];
  /** Highest prices in yuan that some name. */
  readonly budgets?: readonly string[];
  readonly stories: readonly Story[];
};
