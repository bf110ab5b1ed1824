import type { CategoryRecord } from '../records.ts';
import { FILLER, findMentions, findMisspeltMentions, type Mention } from './concepts.ts';
import { isHan, type Token, tokenise } from './tokens.ts';

/** A category that a text may belong to. `confidence` is from 0 to 1; see `Categoriser.categorise`. */
export type CategoryGuess = { readonly code: string; readonly confidence: number };

export type Categoriser = {
  /**
   * The categories that a text speaks of, surest first, at most `limit` (5 unless told); none when it speaks of none.
   * `confidence` is how often such a guess is right on the labelled set, about: the squared evidence for the category as
   * a share of that for all, less what thin evidence leaves open. A text that names one category by its own name has
   * about 0.9 for it, a text that names two equally about 0.45 each. A leaf goes before the category above it.
   */
  categorise(text: string, limit?: number): CategoryGuess[];
};

/** Evidence of one phrase or pair of characters: how much it is worth for each category that it points to. */
type Evidence = { readonly category: number; readonly share: number }[];

/** What pieces of a text are worth. */
const GROUP_EVIDENCE = 1;
const TOPIC_EVIDENCE = 1.5;
const HINT_EVIDENCE = 0.6;
const BIGRAM_EVIDENCE = 0.25;
const WORD_EVIDENCE = 0.5;
/** What a phrase counts that is found by its sound or with a letter wrong. */
const MISSPELT = 0.5;
/** What evidence for a category that has categories under it is worth: a need should find the leaf. */
const INNER_CATEGORY = 0.4;
/** Evidence that is left unassigned, so that thin evidence gives little confidence. */
const DOUBT = 0.8;

/** Reads the names of the categories once; the result answers any number of texts. */
export function createCategoriser(categories: readonly CategoryRecord[]): Categoriser {
  const parents = new Set(categories.map((category) => category.parent));
  const standing = categories.map((category) => (parents.has(category.code) ? INNER_CATEGORY : 1));
  const evidence = evidenceOfNames(categories);
  return {
    categorise(text, limit = 5) {
      const scores = new Float64Array(categories.length);
      const tokens = tokenise(text);
      const mentions = findMentions(tokens);
      const guessed = findMisspeltMentions(tokens, mentions);
      const found = pieces(tokens, mentions);
      for (const { key, worth } of conceptPieces(guessed)) found.push({ key, worth: worth * MISSPELT });
      for (const { key, worth } of found) {
        for (const { category, share } of evidence.get(key) ?? []) {
          scores[category]! += worth * share * standing[category]!;
        }
      }
      // Squares: what is well supported is nearly sure, as the labelled set shows.
      let total = DOUBT * DOUBT;
      for (const score of scores) total += score * score;
      return categories
        .map(({ code }, category) => ({ code, confidence: (scores[category]! * scores[category]!) / total }))
        .filter(({ confidence }) => confidence > 0)
        .sort((a, b) => b.confidence - a.confidence || (a.code < b.code ? -1 : 1))
        .slice(0, limit);
    },
  };
}

/** For each piece of text, the categories whose names hold it, each with its share of the piece. */
function evidenceOfNames(categories: readonly CategoryRecord[]): Map<string, Evidence> {
  const weights = new Map<string, Map<number, number>>();
  categories.forEach(({ names }, category) => {
    const best = new Map<string, number>();
    names.forEach((name, rank) => {
      const tokens = tokenise(name);
      // The best names count most, but every synonym counts.
      const weight = 0.5 + 0.5 / (1 + rank);
      for (const { key } of pieces(tokens, findMentions(tokens))) {
        best.set(key, (best.get(key) ?? 0) + weight);
      }
    });
    for (const [key, weight] of best) {
      const byCategory = weights.get(key) ?? new Map<number, number>();
      byCategory.set(category, weight);
      weights.set(key, byCategory);
    }
  });
  const evidence = new Map<string, Evidence>();
  for (const [key, byCategory] of weights) {
    let total = 0;
    for (const weight of byCategory.values()) total += weight;
    evidence.set(
      key,
      Array.from(byCategory, ([category, weight]) => ({ category, share: weight / total })),
    );
  }
  return evidence;
}

type Piece = { readonly key: string; readonly worth: number };

/** The pieces of a text that may be evidence: what the lexicon finds, pairs of characters, words. */
function pieces(tokens: readonly Token[], mentions: readonly Mention[]): Piece[] {
  const found = conceptPieces(mentions);
  const filler = new Uint8Array(tokens.length);
  for (const { start, end, meanings } of mentions) if (meanings.includes(FILLER)) filler.fill(1, start, end);
  tokens.forEach((token, i) => {
    if (filler[i] === 1) return;
    if (typeof token === 'string') found.push({ key: token, worth: WORD_EVIDENCE });
    const next = tokens[i + 1];
    if (typeof token === 'number' && isHan(token) && typeof next === 'number' && isHan(next)) {
      found.push({ key: String.fromCharCode(token, next), worth: BIGRAM_EVIDENCE });
    }
  });
  return found;
}

function conceptPieces(mentions: readonly Mention[]): Piece[] {
  const found: Piece[] = [];
  for (const { meanings } of mentions) {
    for (const { topic, group } of meanings) {
      if (topic === FILLER.topic) continue;
      found.push({ key: `concept ${topic}`, worth: group === null ? HINT_EVIDENCE : TOPIC_EVIDENCE });
      if (group !== null) found.push({ key: `concept ${group}`, worth: GROUP_EVIDENCE });
    }
  }
  return found;
}
