import { ExpectedFailure } from '../failures.ts';
import type { BilingualText } from '../matching/records.ts';

/** A category that a text may be of, and how sure that is. */
export type RankedCategory = {
  readonly code: string;
  /** 0 to 1; those of all categories of a text add up to at most 1. */
  readonly confidence: number;
};

/** From which confidence on a category is taken without asking. */
export const SURE_CONFIDENCE = 0.5;

/** How many categories are named when none is sure. */
export const CATEGORIES_NAMED = 5;

/** The category that a text is surely of, or `null`. @param ranked best first */
export function sureCategory(ranked: readonly RankedCategory[]): string | null {
  const [best] = ranked;
  return best !== undefined && best.confidence >= SURE_CONFIDENCE ? best.code : null;
}

/** The words of the text leave the category open, or name none: someone has to state it. Nothing was written. */
export class CategoryUnclear extends ExpectedFailure {
  readonly code = 'CATEGORY_UNCLEAR';
  /** The categories considered, best first; empty where the text names none. */
  readonly considered: readonly RankedCategory[];

  constructor(considered: readonly RankedCategory[], path: readonly (string | number)[]) {
    super(categoryUnclearText(considered), path);
    this.considered = considered;
  }
}

/** What is wrong with a text that names no category surely, and which it may mean. */
export function categoryUnclearText(considered: readonly RankedCategory[]): BilingualText {
  if (considered.length === 0) {
    return {
      zh: '未填类别，文字中也看不出类别，请填写类别编码',
      en: 'is empty and the text names no category: give a category code',
    };
  }
  const named = considered.map(({ code, confidence }) => `${code} ${Math.round(confidence * 100)}%`);
  return {
    zh: `未填类别，文字不足以确定，可能是：${named.join('、')}`,
    en: `is empty and the text leaves it open between ${named.join(', ')}`,
  };
}
