import type { Catalogue } from '../catalogue/catalogue.ts';
import { FLAG } from '../catalogue/columns.ts';
import { NATURES } from '../catalogue/service-check.ts';
import { stepsBetween } from '../catalogue/taxonomy.ts';
import { firstOpening } from '../catalogue/timetable.ts';
import type { BilingualText, Constraint, EligibilityRule } from '../records.ts';
import { attributeWords } from './attribute-words.ts';
import { inCircle, inCommunities, providerOf } from './constraint-tests.ts';
import { distanceMetres } from './distance.ts';
import type { PreparedNeed } from './prepared-need.ts';
import { categoryWords, distanceWords, joined, momentWords, NATURE_WORDS, placesWords, priceWords } from './wording.ts';

/**
 * By how much a service misses a constraint that it fails, and what would have to change. Gaps of one constraint can be
 * compared: the smaller is the nearer.
 */
export type Shortfall = {
  readonly gap: (catalogue: Catalogue, prepared: PreparedNeed, row: number) => number;
  readonly reason: (catalogue: Catalogue, prepared: PreparedNeed, row: number) => BilingualText;
};

/** One shortfall a constraint. */
export const SHORTFALLS: Readonly<Record<Constraint, Shortfall>> = {
  CATEGORY: { gap: categoryGap, reason: categoryReason },
  ADMISSION: { gap: admissionGap, reason: admissionReason },
  CATCHMENT: { gap: catchmentGap, reason: catchmentReason },
  ELIGIBILITY: { gap: eligibilityGap, reason: eligibilityReason },
  SCHEDULE: { gap: scheduleGap, reason: scheduleReason },
  CAPACITY: { gap: ({ columns }, { need }, row) => need.quantity - columns.placesFree[row]!, reason: capacityReason },
  PRICE: { gap: ({ columns }, { need }, row) => columns.priceFen[row]! - need.maximumPriceFen!, reason: priceReason },
  PREFERENCE: { gap: () => 0, reason: preferenceReason },
};

function categoryGap(catalogue: Catalogue, prepared: PreparedNeed, row: number): number {
  if (prepared.category === -1) return 0;
  const categories = catalogue.categorySets.values[catalogue.columns.categorySet[row]!]!;
  let least = Number.POSITIVE_INFINITY;
  for (const category of categories) {
    least = Math.min(least, stepsBetween(catalogue.taxonomy, prepared.category, category));
  }
  return least;
}

function categoryReason(catalogue: Catalogue, prepared: PreparedNeed, row: number): BilingualText {
  if (prepared.category === -1) {
    return {
      zh: '需求没有写明类别，从文字中也看不出类别；请先为需求选定类别',
      en: 'The need names no category and its words tell none; choose a category for it first',
    };
  }
  const asked = categoryWords(catalogue, prepared.category);
  const categories = catalogue.categorySets.values[catalogue.columns.categorySet[row]!]!;
  if (categories.length === 0) {
    return {
      zh: `没有“${asked.zh}”类别的服务；有一项服务还没有归入任何类别`,
      en: `No service is filed under ${asked.en}; there is one that is filed under no category at all`,
    };
  }
  const served = joinedNames(categories.map((category) => categoryWords(catalogue, category)));
  return {
    zh: `没有“${asked.zh}”类别的服务；最接近的服务属于${served.zh}，需要增加“${asked.zh}”类别`,
    en: `No service is filed under ${asked.en}; the nearest one is filed under ${served.en} and would have to offer ${asked.en} as well`,
  };
}

function admissionGap({ columns }: Catalogue, { need }: PreparedNeed, row: number): number {
  if ((columns.flags[row]! & FLAG.admitted) === 0) return Number.POSITIVE_INFINITY;
  return Math.max(columns.termStartMs[row]! - need.nowMs, need.nowMs - columns.termEndMs[row]!);
}

function admissionReason(catalogue: Catalogue, { need }: PreparedNeed, row: number): BilingualText {
  const { flags, termStartMs, termEndMs } = catalogue.columns;
  if ((flags[row]! & FLAG.admitted) === 0) {
    return {
      zh: '供给主体还没有准入，或者服务还没有发布；准入并发布后才能派单',
      en: 'The provider is not admitted or the service not published; both are needed before it can be dispatched',
    };
  }
  if (termStartMs[row]! > need.nowMs) {
    const start = momentWords(termStartMs[row]!, catalogue.utcOffsetMinutes);
    return { zh: `服务从${start.zh}起才提供`, en: `The service is offered from ${start.en} only` };
  }
  const end = momentWords(termEndMs[row]!, catalogue.utcOffsetMinutes);
  return { zh: `服务已于${end.zh}到期，需要续期`, en: `The service ended on ${end.en} and would have to be renewed` };
}

function catchmentGap(catalogue: Catalogue, prepared: PreparedNeed, row: number): number {
  const distance = distanceMetres(catalogue, prepared, row) ?? Number.POSITIVE_INFINITY;
  if (!inCommunities(catalogue, prepared, row)) return distance;
  return distance - catalogue.columns.radiusMetres[row]!;
}

function catchmentReason(catalogue: Catalogue, prepared: PreparedNeed, row: number): BilingualText {
  const reasons: BilingualText[] = [];
  const name = filedAs(catalogue, row);
  if (!inCircle(catalogue, prepared, row)) {
    const distance = distanceMetres(catalogue, prepared, row);
    const radius = catalogue.columns.radiusMetres[row]!;
    const circle = distanceWords(radius);
    if (distance === null) {
      reasons.push({
        zh: `居民的位置未知，无法判断是否在服务半径${circle.zh}之内；请补上位置`,
        en: `The resident's place is not known, so it cannot be told whether it is within the service's circle of ${circle.en}; add the place`,
      });
    } else {
      const { zh, en } = apart(distance, radius);
      reasons.push({
        zh: `最近的${name.zh}服务在${zh[0]}外，其服务半径为${zh[1]}；需要把半径扩大到${zh[0]}，或在附近增设服务点`,
        en: `The nearest service for ${name.en} is ${en[0]} away, its circle is ${en[1]}; the circle would have to grow to ${en[0]}, or a location be opened nearby`,
      });
    }
  }
  if (!inCommunities(catalogue, prepared, row)) {
    const set = catalogue.communitySets.values[catalogue.columns.communitySet[row]!]!;
    reasons.push({
      zh: `${name.zh}服务只面向${set.length}个社区，不包括居民所在的社区；需要把该社区加入服务范围`,
      en: `The service for ${name.en} covers ${set.length} ${set.length === 1 ? 'community' : 'communities'} and not the resident's; it would have to be added to the service area`,
    });
  }
  return joined(reasons);
}

/** A distance and a radius in the same words where rounded words would make them look equal. */
function apart(distance: number, radius: number): { zh: [string, string]; en: [string, string] } {
  const far = distanceWords(distance);
  const near = distanceWords(radius);
  if (far.zh !== near.zh) return { zh: [far.zh, near.zh], en: [far.en, near.en] };
  return { zh: [`${distance}米`, `${radius}米`], en: [`${distance} m`, `${radius} m`] };
}

function brokenParts(rule: EligibilityRule, attributes: readonly string[]) {
  return {
    missing: rule.allOf.filter((name) => !attributes.includes(name)),
    noneOfAny: rule.anyOf.length > 0 && !rule.anyOf.some((name) => attributes.includes(name)),
    barred: rule.noneOf.filter((name) => attributes.includes(name)),
  };
}

function ageGap(rule: EligibilityRule, age: number | null): number {
  if (rule.minimumAge === null && rule.maximumAge === null) return 0;
  if (age === null) return 1;
  return Math.max(0, (rule.minimumAge ?? age) - age, age - (rule.maximumAge ?? age));
}

function eligibilityGap(catalogue: Catalogue, { need }: PreparedNeed, row: number): number {
  const { rule } = catalogue.eligibilities.values[catalogue.columns.eligibility[row]!]!;
  const broken = brokenParts(rule, need.attributes);
  return ageGap(rule, need.age) + 100 * (broken.missing.length + broken.barred.length + (broken.noneOfAny ? 1 : 0));
}

function eligibilityReason(catalogue: Catalogue, { need }: PreparedNeed, row: number): BilingualText {
  const { rule } = catalogue.eligibilities.values[catalogue.columns.eligibility[row]!]!;
  const broken = brokenParts(rule, need.attributes);
  const reasons: BilingualText[] = [];
  if (ageGap(rule, need.age) > 0) {
    const span = ageWords(rule);
    reasons.push(
      need.age === null
        ? {
            zh: `服务对象须${span.zh}，而居民的年龄未知`,
            en: `It is for residents ${span.en}; the resident's age is not known`,
          }
        : {
            zh: `服务对象须${span.zh}，而居民${need.age}岁`,
            en: `It is for residents ${span.en}; the resident is ${need.age}`,
          },
    );
  }
  if (broken.missing.length > 0) {
    const names = attributeWords(broken.missing);
    reasons.push({ zh: `服务对象须为：${names.zh}`, en: `It is for residents who are: ${names.en}` });
  }
  if (broken.noneOfAny) {
    const names = attributeWords(rule.anyOf);
    reasons.push({
      zh: `服务对象须至少属于其一：${names.zh}`,
      en: `It is for residents who are one of: ${names.en}`,
    });
  }
  if (broken.barred.length > 0) {
    const names = attributeWords(broken.barred);
    reasons.push({ zh: `不面向：${names.zh}`, en: `It is not for residents who are: ${names.en}` });
  }
  return joined(reasons);
}

function ageWords({ minimumAge, maximumAge }: EligibilityRule): BilingualText {
  if (minimumAge === null) return { zh: `不超过${maximumAge}岁`, en: `of ${maximumAge} or younger` };
  if (maximumAge === null) return { zh: `年满${minimumAge}岁`, en: `of ${minimumAge} or older` };
  return { zh: `在${minimumAge}至${maximumAge}岁之间`, en: `of ${minimumAge} to ${maximumAge}` };
}

function nextOpening(catalogue: Catalogue, prepared: PreparedNeed, row: number): number {
  const timetable = catalogue.timetables.values[catalogue.columns.timetable[row]!]!;
  const { preferredWeek, fromMs } = prepared;
  return firstOpening(timetable, preferredWeek, fromMs, Number.POSITIVE_INFINITY, catalogue.utcOffsetMinutes);
}

function scheduleGap(catalogue: Catalogue, prepared: PreparedNeed, row: number): number {
  const next = nextOpening(catalogue, prepared, row);
  return next === Number.POSITIVE_INFINITY ? next : next - prepared.toMs;
}

function scheduleReason(catalogue: Catalogue, prepared: PreparedNeed, row: number): BilingualText {
  const next = nextOpening(catalogue, prepared, row);
  if (next === Number.POSITIVE_INFINITY) {
    return {
      zh: '服务没有居民方便的开放时段；需要增加时段，或居民放宽时间',
      en: "The service is never open at the resident's times; it would have to open then, or the resident allow other times",
    };
  }
  const opening = momentWords(next, catalogue.utcOffsetMinutes);
  if (prepared.toMs < prepared.fromMs) {
    return {
      zh: `需求的截止时间已过；服务最早${opening.zh}可提供`,
      en: `The need's deadline has passed; the service can be given from ${opening.en}`,
    };
  }
  const deadline = momentWords(prepared.toMs, catalogue.utcOffsetMinutes);
  return {
    zh: `服务最早${opening.zh}可提供，晚于截止时间${deadline.zh}`,
    en: `The service can be given from ${opening.en}, after the deadline of ${deadline.en}`,
  };
}

function capacityReason({ columns }: Catalogue, { need }: PreparedNeed, row: number): BilingualText {
  const places = placesWords(columns.places[row]!);
  const free = columns.placesFree[row]!;
  return {
    zh: `${places.zh}只余${free}个，需要${need.quantity}个`,
    en: `${free} of ${places.en} free, ${need.quantity} needed`,
  };
}

function priceReason({ columns }: Catalogue, { need }: PreparedNeed, row: number): BilingualText {
  const price = priceWords(columns.priceFen[row]!);
  const most = priceWords(need.maximumPriceFen!);
  const gap = priceWords(columns.priceFen[row]! - need.maximumPriceFen!);
  if (need.ownMaximumPriceFen !== undefined) {
    const own = priceWords(need.ownMaximumPriceFen);
    return {
      zh: `每单位${price.zh}；居民最多自付${own.zh}，加上资金项目的补贴，单价最高可到${most.zh}；需要再降价或补贴${gap.zh}`,
      en: `It costs ${price.en} a unit; the resident can pay ${own.en}, and with what programmes pay the price could be up to ${most.en}; ${gap.en} more would have to be taken off or subsidised`,
    };
  }
  return {
    zh: `每单位${price.zh}，居民最多能付${most.zh}；需要降价或补贴${gap.zh}`,
    en: `It costs ${price.en} a unit, the resident can pay ${most.en}; ${gap.en} would have to be taken off or subsidised`,
  };
}

function preferenceReason(catalogue: Catalogue, { need }: PreparedNeed, row: number): BilingualText {
  if (need.excludedServices.includes(catalogue.ids.idOf(row))) {
    return { zh: '居民不要这项服务', en: 'The resident ruled this service out' };
  }
  if (need.excludedProviders.includes(providerOf(catalogue, row))) {
    return { zh: '居民不要这个供给主体', en: 'The resident ruled its provider out' };
  }
  const nature = NATURE_WORDS[NATURES[catalogue.columns.nature[row]!]!];
  return { zh: `居民不要${nature.zh}`, en: `The resident ruled ${nature.en} services out` };
}

/** What the row is filed under, first category first. */
function filedAs(catalogue: Catalogue, row: number): BilingualText {
  const first = catalogue.categorySets.values[catalogue.columns.categorySet[row]!]![0];
  return first === undefined ? { zh: '', en: 'it' } : categoryWords(catalogue, first);
}

function joinedNames(names: readonly BilingualText[]): BilingualText {
  return { zh: names.map(({ zh }) => `“${zh}”`).join('、'), en: names.map(({ en }) => en).join(', ') };
}
