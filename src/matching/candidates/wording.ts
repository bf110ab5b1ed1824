import type { Catalogue } from '../catalogue/catalogue.ts';
import type { BilingualText, ServiceNature } from '../records.ts';

/** Words for the natures of services, as the console shows them. */
export const NATURE_WORDS: Readonly<Record<ServiceNature, BilingualText>> = {
  SELF_GOVERNANCE: { zh: '公益性自治服务', en: 'self-governance' },
  COMMERCIAL: { zh: '商业服务', en: 'commercial' },
  PUBLIC_BENEFIT: { zh: '公益性服务', en: 'public-benefit' },
  DERIVED: { zh: '衍生服务', en: 'derived' },
};

const MS_PER_MINUTE = 60_000;
const MS_PER_HOUR = 60 * MS_PER_MINUTE;
const MS_PER_DAY = 24 * MS_PER_HOUR;

/** `420米` / `420 m`; from a kilometre on `2.1公里` / `2.1 km`. */
export function distanceWords(metres: number): BilingualText {
  if (metres < 1000) return { zh: `${metres}米`, en: `${metres} m` };
  const kilometres = String(Math.round(metres / 100) / 10);
  return { zh: `${kilometres}公里`, en: `${kilometres} km` };
}

/** `12元` / `12 yuan`, with fen as decimals. */
export function priceWords(fen: number): BilingualText {
  const yuan = String(fen / 100);
  return { zh: `${yuan}元`, en: `${yuan} yuan` };
}

/** A local moment to the minute: `2026年11月26日09:00` / `2026-11-26 09:00`. */
export function momentWords(instantMs: number, utcOffsetMinutes: number): BilingualText {
  const local = new Date(instantMs + utcOffsetMinutes * MS_PER_MINUTE);
  const clock = `${twoDigits(local.getUTCHours())}:${twoDigits(local.getUTCMinutes())}`;
  const year = local.getUTCFullYear();
  const month = local.getUTCMonth() + 1;
  const day = local.getUTCDate();
  return {
    zh: `${year}年${month}月${day}日${clock}`,
    en: `${year}-${twoDigits(month)}-${twoDigits(day)} ${clock}`,
  };
}

/** A length of time, rounded to what matters: `2天` / `2 days`, `3小时` / `3 hours`, `20分钟` / `20 minutes`. */
export function durationWords(ms: number): BilingualText {
  if (ms >= 2 * MS_PER_DAY) return counted(Math.round(ms / MS_PER_DAY), '天', 'day');
  if (ms >= 2 * MS_PER_HOUR) return counted(Math.round(ms / MS_PER_HOUR), '小时', 'hour');
  return counted(Math.round(ms / MS_PER_MINUTE), '分钟', 'minute');
}

/** `20个名额` / `20 places`. */
export function placesWords(places: number): BilingualText {
  return counted(places, '个名额', 'place');
}

/** A number with its noun, the English one in the plural where it is not 1. */
export function counted(count: number, zh: string, en: string): BilingualText {
  return { zh: `${count}${zh}`, en: `${count} ${en}${count === 1 ? '' : 's'}` };
}

/** Names of a category in both languages. */
export function categoryWords(catalogue: Catalogue, category: number): BilingualText {
  return catalogue.taxonomy.words[category]!;
}

/** Several texts as one sentence each language. */
export function joined(texts: readonly BilingualText[]): BilingualText {
  return { zh: texts.map((text) => text.zh).join('；'), en: texts.map((text) => text.en).join('; ') };
}

function twoDigits(number: number): string {
  return String(number).padStart(2, '0');
}
