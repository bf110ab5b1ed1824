import { Dictionary } from '../catalogue/dictionary.ts';
import { MatchingInputError } from '../errors.ts';
import { SCORE_SCALE } from '../records.ts';
import { findMentions, findWordings, type Mention } from './concepts.ts';
import { DocumentFrequencies } from './frequencies.ts';
import { bigramTerm, type PreparedQuery, prepareQuery } from './prepared-query.ts';
import { BREAK, isHan, type Token, tokenise } from './tokens.ts';
import { LONGEST_RUN, UnitRuns } from './unit-runs.ts';
import { FIRST_PAIR_UNIT, slotOfPair, slotOfWord, UNIT_SLOTS, UnitBuffer, Vocabulary } from './units.ts';
import { WEIGHTS } from './weights.ts';

/** The words of one service, by field. */
export type TextFields = {
  readonly title: string;
  readonly keywords: readonly string[];
  /** Names of the categories it serves; kept once for all services that have the same list. */
  readonly categoryNames: readonly string[];
  readonly description: string;
};

/** Where the fields end in a row's run, and their lengths: [end of title, end of keywords, three lengths]. */
const HEADER = 5;
const NO_ROW = 0;

/**
 * The words of all services, each row a run of 16-bit units that is read from front to back when the row is scored.
 * Relevance depends on the rows that the index holds and on the query, never on the order in which rows came.
 */
export class TextIndex {
  readonly #runs = new UnitRuns();
  /** Where the row's run begins, its length (0: no row) and the number of its category text. */
  #begins = new Uint32Array(0);
  #lengths = new Uint16Array(0);
  #categories = new Int32Array(0);
  readonly #categoryTexts = new Dictionary<Uint16Array>();
  readonly #vocabulary = new Vocabulary();
  readonly #frequencies = new DocumentFrequencies();
  readonly #buffer = new UnitBuffer();
  #rows = 0;
  /** Sums of the field lengths over all rows. */
  readonly #fieldUnits = [0, 0, 0];
  readonly #lengthRates = new Float64Array(6);
  #lengthsMeasured = false;
  /** By slot: 1 + the symbol of the query that is being scored. */
  #symbols = new Uint16Array(UNIT_SLOTS);
  #active: PreparedQuery | null = null;
  #termFrequencies = new Float64Array(64);
  #termsFound = new Int32Array(64);
  #found = 0;

  /** How many rows have words. */
  get rows(): number {
    return this.#rows;
  }

  /** One more than the highest row that was ever set. */
  get rowLimit(): number {
    return this.#lengths.length;
  }

  /** Bytes held in typed arrays. */
  get bytes(): number {
    return this.#runs.bytes + this.#lengths.length * 10 + this.#frequencies.bytes + this.#symbols.byteLength;
  }

  /**
   * Sets the words of a row, in place of those it had.
   * @throws {MatchingInputError} when `row` is no whole number from 0 to 2^31 − 1.
   */
  set(row: number, fields: TextFields): void {
    if (!Number.isInteger(row) || row < 0 || row > 0x7fffffff) {
      throw new MatchingInputError('row', null, 'must be a whole number from 0 to 2147483647');
    }
    this.remove(row);
    if (row >= this.#lengths.length) this.#growRows(row + 1);
    this.#write(fields);
    const { units, length } = this.#buffer;
    this.#begins[row] = this.#runs.keep(units, length);
    this.#lengths[row] = length;
    this.#count(units, 0, length, 1);
    const key = fields.categoryNames.join('\n');
    this.#categories[row] = this.#categoryTexts.take(key, () => this.#categoryUnits(fields.categoryNames));
    this.#rows++;
  }

  /** Forgets the words of a row; a row without words is left as it is. */
  remove(row: number): void {
    const length = this.#lengths[row] ?? NO_ROW;
    if (length === NO_ROW) return;
    const begin = this.#begins[row]!;
    const offset = this.#runs.offset(begin);
    this.#count(this.#runs.chunk(begin), offset, offset + length, -1);
    this.#runs.release(begin, length);
    this.#categoryTexts.release(this.#categories[row]!);
    this.#lengths[row] = NO_ROW;
    this.#rows--;
  }

  /** Makes a need's words ready for `relevance`; see `PreparedQuery` for how long it holds. */
  prepare(query: { title: string; description: string }): PreparedQuery {
    return prepareQuery(query, { rows: this.#rows, frequencies: this.#frequencies, vocabulary: this.#vocabulary });
  }

  /**
   * How well a row answers the query: a whole number from 0 (nothing in common) to `SCORE_SCALE` (its title is the
   * query's title), the same on every machine. A row without words has 0.
   */
  relevance(query: PreparedQuery, row: number): number {
    const length = this.#lengths[row] ?? NO_ROW;
    if (length === NO_ROW || query.totalWeight === 0) return 0;
    if (query !== this.#active) this.#activate(query);
    if (!this.#lengthsMeasured) this.#measureLengths();
    const begin = this.#begins[row]!;
    const units = this.#runs.chunk(begin);
    const start = this.#runs.offset(begin);
    const own = this.#rowShare(query, units, start, start + length);
    const categories = this.#categoryShare(query, this.#categories[row]!);
    const share = 1 - (1 - own) * (1 - WEIGHTS.category * categories);
    if (this.#hasTitle(query, units, start)) return SCORE_SCALE;
    return Math.min(SCORE_SCALE - 1, Math.floor(Math.sqrt(share) * SCORE_SCALE));
  }

  #rowShare(query: PreparedQuery, units: Uint16Array, start: number, end: number): number {
    const titleEnd = start + units[start]!;
    const keywordsEnd = start + units[start + 1]!;
    const { title, keywords, description } = WEIGHTS;
    const rates = this.#lengthRates;
    this.#scan(query, units, start + HEADER, titleEnd, title.weight / (rates[0]! + rates[1]! * units[start + 2]!));
    if (keywordsEnd > titleEnd) {
      this.#scan(query, units, titleEnd, keywordsEnd, keywords.weight / (rates[2]! + rates[3]! * units[start + 3]!));
    }
    if (end > keywordsEnd) {
      this.#scan(query, units, keywordsEnd, end, description.weight / (rates[4]! + rates[5]! * units[start + 4]!));
    }
    return this.#takeShare(query);
  }

  /** By field, the two numbers a and b of the length norm a + b·length, where the average length has 1. */
  #measureLengths(): void {
    [WEIGHTS.title, WEIGHTS.keywords, WEIGHTS.description].forEach(({ lengthDiscount }, field) => {
      const units = this.#fieldUnits[field]!;
      this.#lengthRates[2 * field] = units === 0 ? 1 : 1 - lengthDiscount;
      this.#lengthRates[2 * field + 1] = units === 0 ? 0 : (lengthDiscount * this.#rows) / units;
    });
    this.#lengthsMeasured = true;
  }

  /** Adds `perUnit` to the frequency of every term of the query that stands between `start` and `end`. */
  #scan(query: PreparedQuery, units: Uint16Array, start: number, end: number, perUnit: number): void {
    const symbols = this.#symbols;
    const frequencies = this.#termFrequencies;
    const found = this.#termsFound;
    let count = this.#found;
    let previous = -1;
    let gap = 0;
    for (let i = start; i < end; i++) {
      let slot = units[i]!;
      if (slot >= FIRST_PAIR_UNIT) slot = slotOfPair(slot, units[++i]!);
      const symbol = symbols[slot]! - 1;
      if (symbol < 0) {
        gap++;
        continue;
      }
      if (frequencies[symbol] === 0) found[count++] = symbol;
      frequencies[symbol]! += perUnit;
      if (previous >= 0 && gap <= WEIGHTS.widestGap) {
        const term = bigramTerm(query, previous, symbol);
        if (term >= 0) {
          if (frequencies[term] === 0) found[count++] = term;
          frequencies[term]! += gap === 0 ? perUnit : perUnit * WEIGHTS.gap;
        }
      }
      previous = symbol;
      gap = 0;
    }
    this.#found = count;
  }

  /** The share of the query's weight that the terms met amount to, below 1; clears them for the next row. */
  #takeShare(query: PreparedQuery): number {
    let weight = 0;
    for (let i = 0; i < this.#found; i++) {
      const term = this.#termsFound[i]!;
      const frequency = this.#termFrequencies[term]!;
      this.#termFrequencies[term] = 0;
      weight += query.weights[term]! * (frequency / (frequency + WEIGHTS.saturation));
    }
    this.#found = 0;
    return weight / query.totalWeight;
  }

  #categoryShare(query: PreparedQuery, category: number): number {
    const known = query.categoryShares.get(category);
    if (known !== undefined) return known;
    const units = this.#categoryTexts.values[category]!;
    this.#scan(query, units, 0, units.length, 1);
    const share = this.#takeShare(query);
    query.categoryShares.set(category, share);
    return share;
  }

  #hasTitle(query: PreparedQuery, units: Uint16Array, start: number): boolean {
    const { title } = query;
    let at = start + HEADER;
    if (title.length === 0 || title.length !== units[start + 2]) return false;
    for (const slot of title) {
      let unit = units[at++]!;
      if (unit >= FIRST_PAIR_UNIT) unit = slotOfPair(unit, units[at++]!);
      if (unit !== slot) return false;
    }
    return true;
  }

  #activate(query: PreparedQuery): void {
    if (this.#active !== null) for (const slot of this.#active.slots) this.#symbols[slot] = 0;
    query.slots.forEach((slot, symbol) => {
      this.#symbols[slot] = symbol + 1;
    });
    if (query.weights.length > this.#termFrequencies.length) {
      this.#termFrequencies = new Float64Array(query.weights.length * 2);
      this.#termsFound = new Int32Array(query.weights.length * 2);
    }
    this.#active = query;
  }

  #write({ title, keywords, description }: TextFields): void {
    const buffer = this.#buffer;
    buffer.length = HEADER;
    const titleLength = this.#append(tokenise(title));
    const titleEnd = buffer.length;
    const keywordsLength = this.#append(tokenise(keywords.join('\n')));
    const keywordsEnd = buffer.length;
    const descriptionLength = this.#append(tokenise(description));
    // A text longer than any run is cut at its end; the title and the keywords come first.
    if (buffer.length > LONGEST_RUN) buffer.length = LONGEST_RUN;
    buffer.units[0] = Math.min(titleEnd, LONGEST_RUN);
    buffer.units[1] = Math.min(keywordsEnd, LONGEST_RUN);
    buffer.units[2] = Math.min(titleLength, LONGEST_RUN);
    buffer.units[3] = Math.min(keywordsLength, LONGEST_RUN);
    buffer.units[4] = Math.min(descriptionLength, LONGEST_RUN);
  }

  /** Appends the units of a field and of the concepts it speaks of; gives how many tokens it has. */
  #append(tokens: readonly Token[]): number {
    const buffer = this.#buffer;
    for (const token of tokens) {
      buffer.pushSlot(typeof token === 'number' ? token : this.#slotOfWord(token));
    }
    const begin = buffer.length;
    this.#appendConcepts(findMentions(tokens), begin);
    this.#appendConcepts(findWordings(tokens), begin);
    return tokens.length;
  }

  /** Each concept once in the units from `begin`, which begin with a break. */
  #appendConcepts(mentions: readonly Mention[], begin: number): void {
    const buffer = this.#buffer;
    for (const { meanings } of mentions) {
      for (const { topic, group } of meanings) {
        if (group === null) continue;
        if (buffer.length === begin) buffer.pushUnit(BREAK);
        if (!buffer.hasSince(begin, topic)) buffer.pushUnit(topic);
        if (!buffer.hasSince(begin, group)) buffer.pushUnit(group);
      }
    }
  }

  #slotOfWord(word: string): number {
    const slot = slotOfWord(this.#vocabulary.number(word));
    if (slot >= this.#symbols.length) {
      const symbols = new Uint16Array(Math.ceil(slot * 1.5));
      symbols.set(this.#symbols);
      this.#symbols = symbols;
    }
    return slot;
  }

  #categoryUnits(names: readonly string[]): Uint16Array {
    this.#buffer.length = 0;
    this.#append(tokenise(names.join('\n')));
    return this.#buffer.units.slice(0, this.#buffer.length);
  }

  /** Counts (or takes back) what a row adds to the frequencies and to the lengths of the fields. */
  #count(units: Uint16Array, start: number, end: number, by: 1 | -1): void {
    for (let field = 0; field < 3; field++) this.#fieldUnits[field]! += by * units[start + 2 + field]!;
    this.#lengthsMeasured = false;
    this.#frequencies.open();
    const titleEnd = start + units[start]!;
    const keywordsEnd = start + units[start + 1]!;
    let previous = BREAK;
    for (let i = start + HEADER; i < end; i++) {
      if (i === titleEnd || i === keywordsEnd) previous = BREAK;
      let slot = units[i]!;
      if (slot >= FIRST_PAIR_UNIT) slot = slotOfPair(slot, units[++i]!);
      if (slot === BREAK) {
        previous = BREAK;
        continue;
      }
      this.#frequencies.countSlot(slot, by);
      if (isHan(previous) && isHan(slot)) this.#frequencies.countBigram(previous, slot, by);
      previous = slot;
    }
  }

  #growRows(rows: number): void {
    const length = Math.max(rows, Math.ceil(this.#lengths.length * 1.25));
    const begins = new Uint32Array(length);
    const lengths = new Uint16Array(length);
    const categories = new Int32Array(length);
    begins.set(this.#begins);
    lengths.set(this.#lengths);
    categories.set(this.#categories);
    this.#begins = begins;
    this.#lengths = lengths;
    this.#categories = categories;
  }
}
