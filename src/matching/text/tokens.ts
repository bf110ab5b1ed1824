import { chineseNumeral } from './numerals.ts';
import { SIMPLIFIED_OF } from './simplified.ts';
import { isStopWord, stem } from './stem.ts';

/** One token of a text: a Han character as its UTF-16 unit, a stemmed word, or `BREAK` where punctuation stood. */
export type Token = number | string;

/** Stands between two tokens that are not neighbours in the text. */
export const BREAK = 0;

const LONGEST_WORD = 24;
/** Longer numbers are telephone numbers and serials: each is its own word and none is ever asked for. */
const LONGEST_NUMBER = 6;

/** Whether a UTF-16 unit is a Han character of the basic plane; others are words of their own. */
export function isHan(unit: number): boolean {
  return unit >= 0x3400 && unit <= 0x9fff;
}

/**
 * The text in its one spelling: NFKC (which also folds full and half width), lower case, and traditional characters
 * of this domain as simplified ones.
 */
export function normalise(text: string): string {
  const folded = text.normalize('NFKC').toLowerCase();
  let changed = '';
  let copied = 0;
  for (let i = 0; i < folded.length; i++) {
    const simplified = SIMPLIFIED_OF[folded.charCodeAt(i)]!;
    if (simplified === 0) continue;
    changed += folded.slice(copied, i) + String.fromCharCode(simplified);
    copied = i + 1;
  }
  return copied === 0 ? folded : changed + folded.slice(copied);
}

/**
 * The tokens of a text in order. Han characters come one by one (who needs bigrams pairs the neighbours), words of
 * other scripts whole and stemmed, English stop words and punctuation not at all. A number next to a Han character is
 * spelt in Chinese (`60岁` → 六 十 岁).
 */
export function tokenise(text: string): Token[] {
  const normalised = normalise(text);
  const tokens: Token[] = [];
  let i = 0;
  while (i < normalised.length) {
    const unit = normalised.charCodeAt(i);
    if (isHan(unit)) {
      tokens.push(unit);
      i++;
    } else if (isWordUnit(unit)) {
      let end = i + 1;
      while (end < normalised.length && isWordUnit(normalised.charCodeAt(end))) end++;
      pushWord(
        tokens,
        normalised.slice(i, end),
        isHan(normalised.charCodeAt(end)) || isHan(normalised.charCodeAt(i - 1)),
      );
      i = end;
    } else {
      // A space between two words of English is no break: phrases of the lexicon span it.
      const separates = !(unit === 0x20 && typeof tokens.at(-1) === 'string');
      if (separates && tokens.length > 0 && tokens.at(-1) !== BREAK) tokens.push(BREAK);
      i++;
    }
  }
  if (tokens.at(-1) === BREAK) tokens.pop();
  return tokens;
}

function pushWord(tokens: Token[], word: string, besideHan: boolean): void {
  if (/^[0-9]+$/.test(word)) {
    if (besideHan && word.length <= 4) for (const numeral of chineseNumeral(word)) tokens.push(numeral.charCodeAt(0));
    else if (word.length <= LONGEST_NUMBER) tokens.push(word);
    return;
  }
  const bare = word.replaceAll("'", '');
  if (bare === '' || isStopWord(bare)) return;
  tokens.push(stem(bare.slice(0, LONGEST_WORD)));
}

const LETTER_OR_DIGIT = /[\p{L}\p{N}\p{M}]/u;

function isWordUnit(unit: number): boolean {
  if (unit < 0x80) {
    return (unit >= 0x61 && unit <= 0x7a) || (unit >= 0x30 && unit <= 0x39) || unit === 0x27;
  }
  if (unit >= 0xd800 && unit <= 0xdfff) return true;
  return !isHan(unit) && LETTER_OR_DIGIT.test(String.fromCharCode(unit));
}
