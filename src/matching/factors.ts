import { type BilingualText, type Factor, SCORE_SCALE } from './records.ts';

/** What a factor looks at, how much it counts by default, and its rule in words that anyone can check. */
export type FactorRule = { readonly name: BilingualText; readonly weight: number; readonly rule: BilingualText };

/** The factors of the score (评分因子). The default weights add up to 100, so each is a percentage of the score. */
export const FACTOR_RULES: Readonly<Record<Factor, FactorRule>> = {
  RELEVANCE: {
    name: { zh: '文字相符', en: 'Relevance' },
    weight: 14,
    rule: {
      zh: '服务的名称、关键词和说明与需求的文字相符的程度',
      en: "how well the service's title, keywords and description match the words of the need",
    },
  },
  CATEGORY: {
    name: { zh: '类别', en: 'Category' },
    weight: 8,
    rule: {
      zh: '类别正好相同得满分；服务的类别每高一级依次得70%、50%、35%、25%',
      en: 'full marks for the very category; 70%, 50%, 35%, 25% when the service is filed 1, 2, 3, 4 or more levels above it',
    },
  },
  PROXIMITY: {
    name: { zh: '距离', en: 'Proximity' },
    weight: 18,
    rule: {
      zh: '就在门口得满分；15分钟服务圈边上（1200米）得一半；2400米得20%；上门或线上服务得满分；居民位置未知得一半',
      en: 'full marks at the door; half on the edge of the 15-minute circle (1,200 m); 20% at 2,400 m; full marks for a service given at home or on line; half when the home is not known',
    },
  },
  TIMELINESS: {
    name: { zh: '及时', en: 'Timeliness' },
    weight: 9,
    rule: {
      zh: '马上能提供得满分，到截止时间才能提供得零分，其间按比例；没有截止时间的，等3天得一半',
      en: 'full marks at once, none at the deadline, in proportion between; without a deadline, half after waiting 3 days',
    },
  },
  AFFORDABILITY: {
    name: { zh: '价格', en: 'Affordability' },
    weight: 9,
    rule: {
      zh: '免费得满分，达到居民能付的上限得零分，其间按比例；没有上限的，20元得一半',
      en: 'full marks when free, none at the most the resident can pay, in proportion between; without a limit, half at 20 yuan',
    },
  },
  QUALITY: {
    name: { zh: '评价', en: 'Quality' },
    weight: 9,
    rule: {
      zh: '评议的平均分，另按5次4分计入起点；5分得满分，1分得零分',
      en: 'the mean mark of its appraisals together with five assumed marks of 4; 5 is full marks, 1 is none',
    },
  },
  LOAD: {
    name: { zh: '余量', en: 'Load' },
    weight: 4,
    rule: {
      zh: '空余名额占全部名额的比例；名额不限得满分',
      en: 'the share of its places that is still free; full marks when places are unlimited',
    },
  },
  CONTINUITY: {
    name: { zh: '延续', en: 'Continuity' },
    weight: 4,
    rule: {
      zh: '供给主体曾经服务过这位居民得满分，否则零分',
      en: 'full marks when the provider has served this resident before, otherwise none',
    },
  },
  CHOICE: {
    name: { zh: '自主选择', en: 'Choice' },
    weight: 25,
    rule: {
      zh: '居民点名要这项服务得满分，点名要这个供给主体得80%，否则零分',
      en: 'full marks when the resident asked for this service by name, 80% for its provider by name, otherwise none',
    },
  },
};

/** Radius of the 15-minute circle: 15 minutes at 80 m a minute (GB 50180-2018 itself names 800 to 1,000 m). */
export const CIRCLE_METRES = 1200;
/** Walking pace on a straight line, metres a minute. */
export const WALKING_METRES_PER_MINUTE = 80;
/** Value of PROXIMITY where the resident's place is not known. */
export const UNKNOWN_PLACE_VALUE = SCORE_SCALE / 2;
/** Value of PROXIMITY for a service that has no place: nobody has to travel. */
export const NO_PLACE_VALUE = SCORE_SCALE;
/** Value of CHOICE for a service whose provider, not itself, was asked for. */
export const CHOSEN_PROVIDER_VALUE = 800_000;

/** Value of CATEGORY by how many levels the service's category stands above the need's; the last one holds for more. */
export const CATEGORY_VALUES: readonly number[] = [1_000_000, 700_000, 500_000, 350_000, 250_000];

const HALF_WAIT_MS = 3 * 24 * 60 * 60 * 1000;
const HALF_PRICE_FEN = 2000;
const PRIOR_COUNT = 5;
const PRIOR_MARK = 4;
const LOWEST_MARK = 1;
const HIGHEST_MARK = 5;

/** CATEGORY for a service filed `levelsAbove` levels above the need's category, 0 for the very one. */
export function categoryValue(levelsAbove: number): number {
  return CATEGORY_VALUES[Math.min(levelsAbove, CATEGORY_VALUES.length - 1)]!;
}

/**
 * PROXIMITY for a straight-line distance in whole metres: 1 / (1 + (d / 1200)²), the log-logistic distance decay of
 * accessibility research (K. T. Geurs and J. R. Ritsema van Eck, "Accessibility measures: review and applications",
 * RIVM 2001) with its half at the edge of the 15-minute circle. It never rises with distance.
 */
export function proximityValue(distanceMetres: number): number {
  const half = CIRCLE_METRES * CIRCLE_METRES;
  return Math.round((SCORE_SCALE * half) / (half + distanceMetres * distanceMetres));
}

/** TIMELINESS for the first opening within the need's window; instants in milliseconds UTC, `deadlineMs` may be `null`. */
export function timelinessValue(openingMs: number, fromMs: number, deadlineMs: number | null): number {
  if (deadlineMs === null) return Math.round(SCORE_SCALE * (HALF_WAIT_MS / (HALF_WAIT_MS + openingMs - fromMs)));
  if (deadlineMs <= fromMs) return SCORE_SCALE;
  return Math.round(SCORE_SCALE * ((deadlineMs - openingMs) / (deadlineMs - fromMs)));
}

/** AFFORDABILITY for a price of one unit against the most the resident can pay, both in fen. */
export function affordabilityValue(priceFen: number, maximumPriceFen: number | null): number {
  if (priceFen === 0) return SCORE_SCALE;
  if (maximumPriceFen === null) return Math.round((SCORE_SCALE * HALF_PRICE_FEN) / (HALF_PRICE_FEN + priceFen));
  return Math.round(SCORE_SCALE * ((maximumPriceFen - priceFen) / maximumPriceFen));
}

/**
 * QUALITY: the mean of the marks smoothed towards 4 as if five marks of 4 had been given before (the posterior mean of a
 * Dirichlet-multinomial model, A. Gelman et al., "Bayesian Data Analysis", 3rd ed., ch. 3), from 1..5 onto 0..1.
 */
export function qualityValue(appraisalCount: number, appraisalSum: number): number {
  const count = PRIOR_COUNT + appraisalCount;
  const aboveLowest = PRIOR_COUNT * PRIOR_MARK + appraisalSum - LOWEST_MARK * count;
  return Math.round((SCORE_SCALE * aboveLowest) / ((HIGHEST_MARK - LOWEST_MARK) * count));
}

/** LOAD for places still free of places offered; both `null` when unlimited. */
export function loadValue(placesFree: number | null, places: number | null): number {
  if (placesFree === null || places === null) return SCORE_SCALE;
  return places === 0 ? 0 : Math.round((SCORE_SCALE * placesFree) / places);
}
