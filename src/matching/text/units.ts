import { isHan } from './tokens.ts';

/*
 * A text is kept as 16-bit units, most often one a token, so that a million services stay small and one row is read
 * from one or two cache lines:
 *   0x0000          a break
 *   0x0002–0x33ff   words, 0xa000–0xdfff more words (numbered by the vocabulary)
 *   0x3400–0x9fff   a Han character as itself
 *   0xe000–0xf8ff   a concept of the lexicon
 *   0xf900–0xffff   the first of two units of a word beyond those ranges
 */

export const FIRST_CONCEPT_UNIT = 0xe000;
export const CONCEPT_UNITS = 0xf900 - FIRST_CONCEPT_UNIT;
/** Units from here on begin a pair. */
export const FIRST_PAIR_UNIT = 0xf900;

const FIRST_WORD_UNIT = 0x0002;
const LOW_WORDS = 0x3400 - FIRST_WORD_UNIT;
const HIGH_WORD_UNIT = 0xa000;
const HIGH_WORDS = FIRST_CONCEPT_UNIT - HIGH_WORD_UNIT;

/** Slots below this are units themselves; slot 65536 + j belongs to the pair number j. */
export const UNIT_SLOTS = 0x10000;

/** Slot (0-based, dense enough for a table) of the word with this vocabulary number. */
export function slotOfWord(number: number): number {
  if (number < LOW_WORDS) return FIRST_WORD_UNIT + number;
  if (number < LOW_WORDS + HIGH_WORDS) return HIGH_WORD_UNIT + number - LOW_WORDS;
  return UNIT_SLOTS + number - LOW_WORDS - HIGH_WORDS;
}

/** Slot of the pair that begins with `first`. */
export function slotOfPair(first: number, second: number): number {
  return UNIT_SLOTS + (first - FIRST_PAIR_UNIT) * 0x10000 + second;
}

/** Units growing at the end, reused from text to text. */
export class UnitBuffer {
  units = new Uint16Array(1024);
  length = 0;

  pushUnit(unit: number): void {
    if (this.length === this.units.length) {
      const longer = new Uint16Array(this.length * 2);
      longer.set(this.units);
      this.units = longer;
    }
    this.units[this.length++] = unit;
  }

  /** Whether the unit stands at `begin` or after it. */
  hasSince(begin: number, unit: number): boolean {
    for (let i = begin; i < this.length; i++) if (this.units[i] === unit) return true;
    return false;
  }

  /** One unit, or two for a slot beyond the single units. */
  pushSlot(slot: number): void {
    if (slot < UNIT_SLOTS) {
      this.pushUnit(slot);
      return;
    }
    const pair = slot - UNIT_SLOTS;
    this.pushUnit(FIRST_PAIR_UNIT + (pair >>> 16));
    this.pushUnit(pair & 0xffff);
  }
}

/** Numbers for words, given in the order in which they first appear and kept for the life of the index. */
export class Vocabulary {
  readonly #numbers = new Map<string, number>();
  readonly words: string[] = [];

  number(word: string): number {
    const known = this.#numbers.get(word);
    if (known !== undefined) return known;
    const number = this.words.length;
    this.#numbers.set(word, number);
    this.words.push(word);
    return number;
  }

  /** Its number, or -1 for a word never seen. */
  find(word: string): number {
    return this.#numbers.get(word) ?? -1;
  }
}

/** Whether two neighbouring slots form a bigram: both are Han characters. */
export function formBigram(first: number, second: number): boolean {
  return isHan(first) && isHan(second);
}
