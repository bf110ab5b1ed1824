import { FILLER, findMentions, findMisspeltMentions, findWordings, type Mention } from './concepts.ts';
import type { DocumentFrequencies } from './frequencies.ts';
import { binaryLogarithm, LOGARITHM_GRID } from './logarithm.ts';
import { homophonesOf, isMisspelling } from './spelling.ts';
import { BREAK, isHan, type Token, tokenise } from './tokens.ts';
import { formBigram, slotOfWord, type Vocabulary } from './units.ts';
import { WEIGHTS } from './weights.ts';

/** More distinct characters and words than any need has; what comes after them in a longer text is not weighed. */
const MOST_SYMBOLS = 400;

/**
 * A query made ready against one index: its terms with their weights there. It reflects the index of the moment when it
 * was prepared; prepare again after services were set or removed, or rarity is judged by the old counts.
 */
export type PreparedQuery = {
  /** Slots of its characters, words and concepts; symbol i of the query is at i. */
  readonly slots: Int32Array;
  /** Term of symbol i by itself (same number), weights by term: symbols first, then bigrams. */
  readonly weights: Float64Array;
  /** Bigrams as an open hash: `first * MOST_SYMBOLS + second + 1` → its term. */
  readonly bigramKeys: Int32Array;
  readonly bigramTerms: Int32Array;
  /** The sum of the weights of all terms: what a service that has everything could reach. */
  readonly totalWeight: number;
  /** Slots of the title as written, to know it again. */
  readonly title: Int32Array;
  /** Score of category texts already judged against this query, by their number. */
  readonly categoryShares: Map<number, number>;
};

type Collection = { readonly rows: number; readonly frequencies: DocumentFrequencies; readonly vocabulary: Vocabulary };

/** Terms being gathered; the same term from title and description counts once, at its greater importance. */
class TermGatherer {
  readonly slots: number[] = [];
  readonly weights: number[] = [];
  readonly bigrams = new Map<number, number>();
  readonly unknown = new Map<string, number>();
  readonly #symbols = new Map<number, number>();
  readonly #collection: Collection;

  constructor(collection: Collection) {
    this.#collection = collection;
  }

  /** Number of the symbol in this query, or -1 when there are too many. */
  symbol(slot: number): number {
    const known = this.#symbols.get(slot);
    if (known !== undefined) return known;
    if (this.slots.length === MOST_SYMBOLS) return -1;
    const symbol = this.slots.length;
    this.#symbols.set(slot, symbol);
    this.slots.push(slot);
    this.weights.push(0);
    return symbol;
  }

  /** A word that no row has: it is asked for all the same. */
  weighUnknown(word: string, importance: number): void {
    const weight = importance * this.#rarity(0);
    if (weight > (this.unknown.get(word) ?? 0)) this.unknown.set(word, weight);
  }

  weighSlot(slot: number, importance: number): void {
    const symbol = this.symbol(slot);
    if (symbol < 0) return;
    const weight = importance * this.#rarity(this.#collection.frequencies.rowsWithSlot(slot));
    if (weight > this.weights[symbol]!) this.weights[symbol] = weight;
  }

  weighBigram(first: number, second: number, importance: number): void {
    const firstSymbol = this.symbol(first);
    const secondSymbol = this.symbol(second);
    if (firstSymbol < 0 || secondSymbol < 0) return;
    const key = firstSymbol * MOST_SYMBOLS + secondSymbol;
    const weight = importance * this.#rarity(this.#collection.frequencies.rowsWithBigram(first, second));
    if (weight > (this.bigrams.get(key) ?? 0)) this.bigrams.set(key, weight);
  }

  /** log2(1 + (N − n + ½) / (n + ½)), the inverse document frequency of BM25, on the grid of `binaryLogarithm`. */
  #rarity(rows: number): number {
    const all = Math.max(this.#collection.rows, rows);
    return binaryLogarithm(1 + (all - rows + 0.5) / (rows + 0.5));
  }
}

/** Makes a query ready against a collection of rows. */
export function prepareQuery(query: { title: string; description: string }, collection: Collection): PreparedQuery {
  const terms = new TermGatherer(collection);
  const title = tokenise(query.title);
  gather(terms, title, 1, collection);
  const description = tokenise(query.description);
  if (description.length > 0) {
    gather(terms, description, title.length === 0 ? 1 : WEIGHTS.needDescription, collection);
  }
  const symbols = terms.slots.length;
  const weights = Float64Array.from([...terms.weights, ...terms.bigrams.values()], inGrid);
  const { keys, values } = hashOf([...terms.bigrams.keys()], symbols);
  let totalWeight = 0;
  for (const weight of weights) totalWeight += weight;
  for (const weight of terms.unknown.values()) totalWeight += inGrid(weight);
  return {
    slots: Int32Array.from(terms.slots),
    weights,
    bigramKeys: keys,
    bigramTerms: values,
    totalWeight,
    title: Int32Array.from(title, (token) => slotOfToken(token, collection.vocabulary)),
    categoryShares: new Map(),
  };
}

/** Weights are whole numbers, so that their sum is the same in whatever order they come. */
function inGrid(weight: number): number {
  return Math.round(weight * LOGARITHM_GRID);
}

/** Slot of a token, or -1 for a word that no row has. */
function slotOfToken(token: Token, vocabulary: Vocabulary): number {
  if (typeof token === 'number') return token;
  const number = vocabulary.find(token);
  return number < 0 ? -1 : slotOfWord(number);
}

function gather(terms: TermGatherer, tokens: readonly Token[], importance: number, collection: Collection): void {
  const { vocabulary } = collection;
  const mentions = findMentions(tokens);
  const asked = importanceOfTokens(tokens, mentions, importance);
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!;
    const slot = slotOfToken(token, vocabulary);
    if (slot === BREAK) continue;
    if (slot > 0) terms.weighSlot(slot, asked[i]! * (isHan(slot) ? WEIGHTS.unigram : WEIGHTS.word));
    else terms.weighUnknown(token as string, asked[i]! * WEIGHTS.word);
    const next = tokens[i + 1];
    if (typeof next === 'number' && formBigram(slot, next)) {
      terms.weighBigram(slot, next, ((asked[i]! + asked[i + 1]!) / 2) * WEIGHTS.bigram);
    }
  }
  weighConcepts(terms, mentions, importance);
  const wordings = findWordings(tokens);
  for (const { meanings } of wordings) {
    for (const { topic } of meanings) terms.weighSlot(topic, importance * WEIGHTS.wording);
  }
  if (tokens.length <= LONGEST_SHORT_QUERY) {
    const known = readTokens(tokens, [...mentions, ...wordings]);
    weighAlternatives(terms, tokens, known, importance * WEIGHTS.alternative, collection);
  }
  weighConcepts(terms, findMisspeltMentions(tokens, mentions), importance * WEIGHTS.alternative);
}

/** Only a short query is read again for misspellings: in a long one the other words decide. */
const LONGEST_SHORT_QUERY = 14;

/**
 * Pairs of characters that no service has, read by their sound (公正 for 公证), and words that no service has, with one
 * letter changed: what services do have instead, the commonest, at less weight.
 */
function weighAlternatives(
  terms: TermGatherer,
  tokens: readonly Token[],
  known: Uint8Array,
  importance: number,
  collection: Collection,
): void {
  const { frequencies } = collection;
  for (let i = 0; i < tokens.length; i++) {
    if (known[i] === 1) continue;
    const token = tokens[i]!;
    if (typeof token === 'string') {
      const alternative = commonestMisspelling(token, collection);
      if (alternative >= 0) terms.weighSlot(alternative, importance * WEIGHTS.word);
      continue;
    }
    const next = known[i + 1] === 1 ? undefined : tokens[i + 1];
    if (typeof next !== 'number' || !formBigram(token, next) || frequencies.rowsWithBigram(token, next) > 0) continue;
    let [first, second, most] = [token, next, 0];
    for (const pair of [
      ...homophonesOf(token).map((other) => [other, next] as const),
      ...homophonesOf(next).map((other) => [token, other] as const),
    ]) {
      const rows = frequencies.rowsWithBigram(...pair);
      if (rows > most) [first, second, most] = [...pair, rows];
    }
    if (most > 0) terms.weighBigram(first, second, importance * WEIGHTS.bigram);
  }
}

/** By token: 1 where a phrase that the lexicon knows stands. */
function readTokens(tokens: readonly Token[], mentions: readonly Mention[]): Uint8Array {
  const read = new Uint8Array(tokens.length);
  for (const { start, end } of mentions) read.fill(1, start, end);
  return read;
}

function commonestMisspelling(word: string, { frequencies, vocabulary }: Collection): number {
  const known = vocabulary.find(word);
  if (known >= 0 && frequencies.rowsWithSlot(slotOfWord(known)) > 0) return -1;
  let best = -1;
  let most = 0;
  vocabulary.words.forEach((other, number) => {
    if (!isMisspelling(word, other)) return;
    const rows = frequencies.rowsWithSlot(slotOfWord(number));
    if (rows > most || (rows === most && rows > 0 && other < vocabulary.words[best]!)) [best, most] = [number, rows];
  });
  return best < 0 ? -1 : slotOfWord(best);
}

function weighConcepts(terms: TermGatherer, mentions: readonly Mention[], importance: number): void {
  for (const { meanings } of mentions) {
    for (const { topic, group } of meanings) {
      if (topic === FILLER.topic) continue;
      terms.weighSlot(topic, importance * (group === null ? WEIGHTS.hint : WEIGHTS.topic));
      if (group !== null) terms.weighSlot(group, importance * WEIGHTS.group);
    }
  }
}

function importanceOfTokens(tokens: readonly Token[], mentions: readonly Mention[], importance: number): Float64Array {
  const asked = new Float64Array(tokens.length).fill(importance);
  for (const { start, end, meanings } of mentions) {
    if (meanings.every((meaning) => meaning === FILLER)) asked.fill(importance * WEIGHTS.filler, start, end);
  }
  for (const { start, end, meanings } of mentions) {
    if (!meanings.every((meaning) => meaning === FILLER)) asked.fill(importance, start, end);
  }
  return asked;
}

function hashOf(bigrams: readonly number[], firstTerm: number): { keys: Int32Array; values: Int32Array } {
  let size = 4;
  while (size < bigrams.length * 3) size *= 2;
  const keys = new Int32Array(size);
  const values = new Int32Array(size);
  bigrams.forEach((bigram, i) => {
    let at = bigramPlace(bigram + 1, size);
    while (keys[at] !== 0) at = (at + 1) & (size - 1);
    keys[at] = bigram + 1;
    values[at] = firstTerm + i;
  });
  return { keys, values };
}

function bigramPlace(key: number, size: number): number {
  return (Math.imul(key, 0x9e3779b1) >>> 8) & (size - 1);
}

/** Term of the bigram of two symbols of the query, or -1. */
export function bigramTerm(query: PreparedQuery, first: number, second: number): number {
  const { bigramKeys } = query;
  const key = first * MOST_SYMBOLS + second + 1;
  const size = bigramKeys.length;
  let at = bigramPlace(key, size);
  for (;;) {
    const found = bigramKeys[at]!;
    if (found === key) return query.bigramTerms[at]!;
    if (found === 0) return -1;
    at = (at + 1) & (size - 1);
  }
}
