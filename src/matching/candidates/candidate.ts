import type { Catalogue } from '../catalogue/catalogue.ts';
import { FLAG } from '../catalogue/columns.ts';
import {
  affordabilityValue,
  CHOSEN_PROVIDER_VALUE,
  CIRCLE_METRES,
  categoryValue,
  NO_PLACE_VALUE,
  proximityValue,
  timelinessValue,
  UNKNOWN_PLACE_VALUE,
  WALKING_METRES_PER_MINUTE,
} from '../factors.ts';
import { type Weights, weighted } from '../profile.ts';
import { type BilingualText, type Candidate, FACTORS, type Factor, SCORE_SCALE } from '../records.ts';
import { levelsAbove, providerOf } from './constraint-tests.ts';
import { distanceMetres } from './distance.ts';
import { opening, type PreparedNeed } from './prepared-need.ts';
import {
  categoryWords,
  counted,
  distanceWords,
  durationWords,
  momentWords,
  placesWords,
  priceWords,
} from './wording.ts';

type Valued = { readonly value: number; readonly reason: BilingualText };

/** The candidates that rows which pass every constraint make, in their order, with their scores and the reasons. */
export function candidatesOf(
  catalogue: Catalogue,
  prepared: PreparedNeed,
  weights: Weights,
  rows: Int32Array,
): Candidate[] {
  const known: KnownReasons = { byLevels: [], byOpening: new Map() };
  const ids = catalogue.ids.idsOf(rows, rows.length);
  return ids.map((id, place) => candidateOf(catalogue, prepared, weights, rows[place]!, id, known));
}

/** Reasons that many candidates of one need share. */
type KnownReasons = { readonly byLevels: BilingualText[]; readonly byOpening: Map<number, BilingualText> };

function candidateOf(
  catalogue: Catalogue,
  prepared: PreparedNeed,
  weights: Weights,
  row: number,
  serviceId: string,
  known: KnownReasons,
): Candidate {
  const distance = distanceMetres(catalogue, prepared, row);
  const valued: Readonly<Record<Factor, Valued>> = {
    RELEVANCE: relevance(catalogue, prepared, row),
    CATEGORY: category(catalogue, prepared, row, known),
    PROXIMITY: proximity(catalogue, row, distance),
    TIMELINESS: timeliness(catalogue, prepared, row, known),
    AFFORDABILITY: affordability(catalogue, prepared, row),
    QUALITY: quality(catalogue, row),
    LOAD: load(catalogue, row),
    CONTINUITY: continuity(catalogue, prepared, row),
    CHOICE: choice(catalogue, prepared, row),
  };
  const { score, contributions } = weighted(
    weights,
    FACTORS.map((factor) => valued[factor].value),
  );
  return {
    serviceId,
    score,
    distanceMetres: distance,
    factors: FACTORS.map((factor, index) => ({
      factor,
      value: valued[factor].value,
      contribution: contributions[index]!,
      reason: valued[factor].reason,
    })),
  };
}

function relevance(catalogue: Catalogue, prepared: PreparedNeed, row: number): Valued {
  if (!prepared.hasText)
    return { value: 0, reason: { zh: '需求没有文字说明', en: 'The need has no words to compare' } };
  const value = catalogue.text.relevance(prepared.query, row);
  const percent = Math.round((100 * value) / SCORE_SCALE);
  return {
    value,
    reason: {
      zh: `服务与需求的文字相符${percent}%`,
      en: `The words of the service match those of the need to ${percent}%`,
    },
  };
}

function category(catalogue: Catalogue, prepared: PreparedNeed, row: number, known: KnownReasons): Valued {
  const levels = levelsAbove(catalogue, prepared, row);
  known.byLevels[levels] ??= categoryReason(catalogue, prepared, levels);
  return { value: categoryValue(levels), reason: known.byLevels[levels] };
}

function categoryReason(catalogue: Catalogue, prepared: PreparedNeed, levels: number): BilingualText {
  const asked = categoryWords(catalogue, prepared.category);
  if (levels === 0) return { zh: `类别正是“${asked.zh}”`, en: `Its category is exactly ${asked.en}` };
  const served = categoryWords(catalogue, prepared.line[levels]!);
  return {
    zh: `类别“${served.zh}”包含“${asked.zh}”（高${levels}级）`,
    en: `Its category ${served.en} includes ${asked.en} (${counted(levels, '', 'level').en} above)`,
  };
}

function proximity({ columns }: Catalogue, row: number, distance: number | null): Valued {
  if ((columns.flags[row]! & FLAG.place) === 0) {
    return {
      value: NO_PLACE_VALUE,
      reason: { zh: '上门或线上服务，不需要出行', en: 'Given at home or on line: nobody has to travel' },
    };
  }
  if (distance === null) {
    return {
      value: UNKNOWN_PLACE_VALUE,
      reason: { zh: '居民的位置未知，距离按一半计', en: "The resident's place is not known: distance counts half" },
    };
  }
  const words = distanceWords(distance);
  const minutes = Math.ceil(distance / WALKING_METRES_PER_MINUTE);
  const inside = distance <= CIRCLE_METRES;
  return {
    value: proximityValue(distance),
    reason: {
      zh: `距离${words.zh}，步行约${minutes}分钟，${inside ? '在' : '超出'}15分钟服务圈${inside ? '内' : ''}`,
      en: `${words.en} away, about ${counted(minutes, '', 'minute').en} on foot, ${inside ? 'within' : 'beyond'} the 15-minute circle`,
    },
  };
}

function timeliness(catalogue: Catalogue, prepared: PreparedNeed, row: number, known: KnownReasons): Valued {
  const openingMs = opening(catalogue, prepared, catalogue.columns.timetable[row]!);
  let reason = known.byOpening.get(openingMs);
  if (reason === undefined) {
    reason = openingReason(catalogue, prepared, openingMs);
    known.byOpening.set(openingMs, reason);
  }
  return { value: timelinessValue(openingMs, prepared.fromMs, prepared.need.deadlineMs), reason };
}

function openingReason(catalogue: Catalogue, { need }: PreparedNeed, openingMs: number): BilingualText {
  const moment = momentWords(openingMs, catalogue.utcOffsetMinutes);
  if (need.deadlineMs === null) return { zh: `最早${moment.zh}可提供`, en: `Can be given from ${moment.en}` };
  const ahead = durationWords(need.deadlineMs - openingMs);
  return {
    zh: `最早${moment.zh}可提供，比截止时间早${ahead.zh}`,
    en: `Can be given from ${moment.en}, ${ahead.en} before the deadline`,
  };
}

function affordability({ columns }: Catalogue, { need }: PreparedNeed, row: number): Valued {
  const priceFen = columns.priceFen[row]!;
  const price = priceWords(priceFen);
  const value = affordabilityValue(priceFen, need.maximumPriceFen);
  if (priceFen === 0) return { value, reason: FREE };
  if (need.maximumPriceFen === null) {
    return { value, reason: { zh: `每单位${price.zh}`, en: `${price.en} a unit` } };
  }
  const most = priceWords(need.maximumPriceFen);
  if (need.ownMaximumPriceFen !== undefined) {
    const own = priceWords(need.ownMaximumPriceFen);
    return {
      value,
      reason: {
        zh: `每单位${price.zh}；居民最多自付${own.zh}，加上资金项目的补贴，单价最高可到${most.zh}`,
        en: `${price.en} a unit; the resident can pay ${own.en}, and with what programmes pay the price could be up to ${most.en}`,
      },
    };
  }
  return {
    value,
    reason: {
      zh: `每单位${price.zh}，居民最多能付${most.zh}`,
      en: `${price.en} a unit; the resident can pay ${most.en}`,
    },
  };
}

function quality({ columns }: Catalogue, row: number): Valued {
  const value = columns.quality[row]!;
  const count = columns.appraisalCount[row]!;
  if (count === 0) {
    return { value, reason: { zh: '还没有评议，按4分计', en: 'Not appraised yet: counts as 4 of 5' } };
  }
  const mean = (Math.round((10 * columns.appraisalSum[row]!) / count) / 10).toFixed(1);
  return {
    value,
    reason: {
      zh: `${count}次评议，平均${mean}分（满分5分）`,
      en: `${counted(count, '', 'appraisal').en}, ${mean} of 5 on average`,
    },
  };
}

function load({ columns }: Catalogue, row: number): Valued {
  const value = columns.load[row]!;
  if (columns.placesFree[row] === -1) return { value, reason: { zh: '名额不限', en: 'Places are unlimited' } };
  const places = placesWords(columns.places[row]!);
  const free = columns.placesFree[row]!;
  return { value, reason: { zh: `${places.zh}还余${free}个`, en: `${free} of ${places.en} free` } };
}

function continuity(catalogue: Catalogue, { need }: PreparedNeed, row: number): Valued {
  const served = need.previousProviders.length > 0 && need.previousProviders.includes(providerOf(catalogue, row));
  return served ? SERVED_BEFORE : NOT_SERVED_BEFORE;
}

function choice(catalogue: Catalogue, { need }: PreparedNeed, row: number): Valued {
  const { preferredServices, preferredProviders } = need;
  if (preferredServices.length > 0 && preferredServices.includes(catalogue.ids.idOf(row))) return SERVICE_CHOSEN;
  if (preferredProviders.length > 0 && preferredProviders.includes(providerOf(catalogue, row))) return PROVIDER_CHOSEN;
  return NOT_CHOSEN;
}

const FREE: BilingualText = { zh: '免费', en: 'Free of charge' };
const SERVED_BEFORE: Valued = {
  value: SCORE_SCALE,
  reason: { zh: '该供给主体服务过这位居民', en: 'The provider has served this resident before' },
};
const NOT_SERVED_BEFORE: Valued = {
  value: 0,
  reason: { zh: '该供给主体没有服务过这位居民', en: 'The provider has not served this resident before' },
};
const SERVICE_CHOSEN: Valued = {
  value: SCORE_SCALE,
  reason: { zh: '居民点名要这项服务', en: 'The resident asked for this service' },
};
const PROVIDER_CHOSEN: Valued = {
  value: CHOSEN_PROVIDER_VALUE,
  reason: { zh: '居民点名要这个供给主体', en: 'The resident asked for this provider' },
};
const NOT_CHOSEN: Valued = {
  value: 0,
  reason: { zh: '居民没有点名要它', en: 'The resident did not ask for it by name' },
};
