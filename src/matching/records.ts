/** Who supplies (供给主体): party and government agencies, residents' organisations, social organisations and companies. */
export type ProviderKind = 'GOVERNMENT' | 'SELF_GOVERNING' | 'SOCIAL';

/** What a service is by nature (服务性质); `DERIVED` is the X of "3+3+X". */
export type ServiceNature = 'SELF_GOVERNANCE' | 'COMMERCIAL' | 'PUBLIC_BENEFIT' | 'DERIVED';

/** A node of the taxonomy as the core needs it. `code` is unique, `parent` is the code of the node above. */
export type CategoryRecord = {
  readonly code: string;
  readonly parent: string | null;
  /** Words that name the category, Chinese and English, best name first. */
  readonly names: readonly string[];
};

/** A point in degrees, WGS 84. */
export type Point = { readonly latitude: number; readonly longitude: number };

/** A weekly opening window in local time. `day` is ISO (1 Monday … 7 Sunday); minutes count from midnight, `endMinute` ≤ 1440. */
export type WeeklyWindow = { readonly day: number; readonly startMinute: number; readonly endMinute: number };

/** A local date (`YYYY-MM-DD`) on which the weekly windows do not hold: closed where `windows` is empty. */
export type ScheduleException = {
  readonly date: string;
  readonly windows: readonly { readonly startMinute: number; readonly endMinute: number }[];
};

/** Who a service is for. Attribute names are open vocabulary, e.g. `ELDERLY_ALONE`, `DISABLED`, `MINOR`. */
export type EligibilityRule = {
  readonly allOf: readonly string[];
  /** At least one of these, when the list is not empty. */
  readonly anyOf: readonly string[];
  readonly noneOf: readonly string[];
  /** Whole years, inclusive. */
  readonly minimumAge: number | null;
  readonly maximumAge: number | null;
};

/** One entry of the service list (服务清单), flattened with what the core needs of its provider. */
export type ServiceRecord = {
  readonly id: string;
  readonly providerId: string;
  readonly providerKind: ProviderKind;
  readonly nature: ServiceNature;
  /** Codes of the categories it serves; it also serves every descendant of them. */
  readonly categories: readonly string[];
  readonly title: string;
  readonly description: string;
  readonly keywords: readonly string[];
  /** Where it is given; empty means it has no place (on line or at the resident's home from anywhere). */
  readonly locations: readonly Point[];
  /** Ids of the communities it serves; `null` when its service area is not a list of communities. */
  readonly communities: readonly string[] | null;
  /** Radius of its service circle around any of its locations, in metres; `null` for no limit by distance. */
  readonly radiusMetres: number | null;
  readonly eligibility: EligibilityRule;
  /** Empty means by arrangement: open at any time. */
  readonly schedule: readonly WeeklyWindow[];
  readonly exceptions: readonly ScheduleException[];
  /** Provider admitted and service published. */
  readonly admitted: boolean;
  /** First and last instant at which it may be offered, milliseconds UTC; `null` for open. */
  readonly termStartMs: number | null;
  readonly termEndMs: number | null;
  /** Places offered in its period, and how many of them are still free; `null` for unlimited. */
  readonly places: number | null;
  readonly placesFree: number | null;
  /** What one unit costs, in fen, without what the provider gives of it. */
  readonly priceFen: number;
  /** Appraisals so far: how many, and the sum of their marks (1 to 5). */
  readonly appraisalCount: number;
  readonly appraisalSum: number;
};

/** One entry of the demand list (需求清单) with what the core needs of its resident. */
export type NeedRecord = {
  readonly id: string;
  /** Code of its category; `null` when only text is given, then the text finds it. */
  readonly category: string | null;
  readonly title: string;
  readonly description: string;
  readonly communityId: string;
  readonly location: Point | null;
  /** Eligibility attributes of the resident. */
  readonly attributes: readonly string[];
  readonly age: number | null;
  /** The instant of matching and the need's window of time, milliseconds UTC. */
  readonly nowMs: number;
  readonly earliestMs: number | null;
  readonly deadlineMs: number | null;
  /** Weekly times that suit the resident, local; empty means any. */
  readonly preferredWindows: readonly WeeklyWindow[];
  /** Units asked for, 1 or more. */
  readonly quantity: number;
  /** The greatest price of one unit that the resident can bear, with what others pay of it, in fen; `null` for no limit. */
  readonly maximumPriceFen: number | null;
  /** How much of one unit the resident can pay alone, where others would pay a part; for the words of reasons. */
  readonly ownMaximumPriceFen?: number;
  /** What the resident rules out (PREFERENCE). */
  readonly excludedProviders: readonly string[];
  readonly excludedServices: readonly string[];
  readonly excludedNatures: readonly ServiceNature[];
  /** What the resident asked for by name (CHOICE), and who served them before (CONTINUITY). */
  readonly preferredProviders: readonly string[];
  readonly preferredServices: readonly string[];
  readonly previousProviders: readonly string[];
};

/** The hard constraints (硬约束), in the order in which they are tried; the first one that fails is the one counted. */
export const CONSTRAINTS = [
  'CATEGORY',
  'ADMISSION',
  'CATCHMENT',
  'ELIGIBILITY',
  'SCHEDULE',
  'CAPACITY',
  'PRICE',
  'PREFERENCE',
] as const;
export type Constraint = (typeof CONSTRAINTS)[number];

/** The factors of the score (评分因子), each in [0, 1]. */
export const FACTORS = [
  'RELEVANCE',
  'CATEGORY',
  'PROXIMITY',
  'TIMELINESS',
  'AFFORDABILITY',
  'QUALITY',
  'LOAD',
  'CONTINUITY',
  'CHOICE',
] as const;
export type Factor = (typeof FACTORS)[number];

/**
 * A named, versioned set of weights (评分方案). Weights are integers of any scale ≥ 0 and not all zero; the score is the
 * weighted mean of the factors, kept as an integer out of `SCORE_SCALE` so that it is the same on every machine.
 */
export type ScoringProfile = {
  readonly name: string;
  readonly version: number;
  readonly weights: Readonly<Record<Factor, number>>;
};

/** A score of 1 as an integer. Scores and contributions are integers from 0 to this. */
export const SCORE_SCALE = 1_000_000;

/** A message in both languages of the project. */
export type BilingualText = { readonly zh: string; readonly en: string };

/** One factor's share of a score. The `contribution`s of all factors add up to the score exactly. */
export type FactorContribution = {
  readonly factor: Factor;
  /** The factor's own value, 0 to `SCORE_SCALE`. */
  readonly value: number;
  readonly contribution: number;
  readonly reason: BilingualText;
};

/** A service that passes every hard constraint for a need (候选), with its score and why. */
export type Candidate = {
  readonly serviceId: string;
  /** 0 to `SCORE_SCALE`. */
  readonly score: number;
  /** Straight-line distance to the nearest location, whole metres; `null` when either has no place. */
  readonly distanceMetres: number | null;
  readonly factors: readonly FactorContribution[];
};

/** The service that came closest to being a candidate, and what would have to change. */
export type NearestMiss = {
  readonly serviceId: string;
  readonly constraint: Constraint;
  readonly reason: BilingualText;
};

/** What `candidates` gives: the exact top k, and what each constraint removed. */
export type CandidateResult = {
  /** Highest score first, ties by ascending service id; at most k. */
  readonly candidates: readonly Candidate[];
  /** How many services passed every constraint. */
  readonly passed: number;
  /** How many services each constraint removed; a service is counted at the first constraint it fails. */
  readonly removed: Readonly<Record<Constraint, number>>;
  /** `null` when there is no service at all, or when the need has a candidate. */
  readonly nearestMiss: NearestMiss | null;
  /** The category used: the need's own, or the one that its text found; `null` when neither. */
  readonly category: string | null;
};

/** What `rankServices` gives: as `candidates` does, with their scores alone. */
export type Ranking = Omit<CandidateResult, 'candidates'> & {
  /** Highest score first, ties by ascending service id; at most k. */
  readonly ranked: readonly Pick<Candidate, 'serviceId' | 'score'>[];
};
