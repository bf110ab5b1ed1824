/** The numbers of the relevance formula (see README.md); tuned on the tuning half of the labelled set only. */
export const WEIGHTS = {
  /** Share of a field in a term's frequency, and how far its length discounts it (b of BM25F). */
  title: { weight: 1, lengthDiscount: 0.6 },
  keywords: { weight: 0.8, lengthDiscount: 0.3 },
  description: { weight: 0.2, lengthDiscount: 0.5 },
  /** Saturation (k1): the frequency at which a term has half of its weight. */
  saturation: 0.6,
  /** By kind of term, times its rarity. */
  unigram: 0.15,
  bigram: 1,
  word: 1.2,
  group: 1.5,
  topic: 0.8,
  hint: 0.1,
  /** Words of everyday and of office language that mean the same. */
  wording: 0.35,
  /** A bigram of the query counts `gap` of itself where up to `widestGap` other characters stand between: 律师证, 律师执业证. */
  widestGap: 2,
  gap: 0.4,
  /** What a term found by its sound or with one letter wrong counts, of the right one. */
  alternative: 0.7,
  /** What the words of asking (请问, 能不能) count. */
  filler: 0.15,
  /** What a term that stands in the need's description and not in its title counts. */
  needDescription: 0.4,
  /** What the names of a service's categories count beside its own words. */
  category: 0.45,
} as const;
