import { FILLERS } from './lexicon/fillers.ts';
import { LEXICON } from './lexicon/lexicon.ts';
import { WORDINGS } from './lexicon/wordings.ts';
import { isMisspelling, soundOf } from './spelling.ts';
import { isHan, type Token, tokenise } from './tokens.ts';
import { CONCEPT_UNITS, FIRST_CONCEPT_UNIT } from './units.ts';

/** A phrase of the lexicon found in a text: tokens `start` to `end` (exclusive) and what they speak of. */
export type Mention = {
  readonly start: number;
  readonly end: number;
  readonly meanings: readonly Meaning[];
};

/** `topic` is a concept unit, and so is `group` (the synonyms in the narrow sense); a hint has no group. */
export type Meaning = { readonly topic: number; readonly group: number | null };

/** Phrases that only ask (请问, 能不能, 帮我) carry this meaning. */
export const FILLER: Meaning = { topic: 0, group: null };

/** Tokens that may stand inside a phrase without being written in the lexicon: 剪(个)头发, 修(一下)水管. */
const PARTICLES = new Set(
  Array.from('个一下哈了点次回把过的得些副张台只套根呀啊', (character) => character.charCodeAt(0)),
);
const MOST_PARTICLES = 3;

type Node = { next: Map<Token, Node>; meanings: Meaning[] };

const root: Node = { next: new Map(), meanings: [] };
const wordingRoot: Node = { next: new Map(), meanings: [] };
const phrasesBySound = new Map<string, { units: readonly number[]; meanings: readonly Meaning[] }[]>();
const lexiconWords = new Set<string>();
const topicUnits = new Map<string, number>();
let conceptUnits = 0;

for (const { topic, groups, hints } of LEXICON) {
  const topicUnit = topicUnits.get(topic) ?? newConcept();
  topicUnits.set(topic, topicUnit);
  for (const group of groups) {
    const groupUnit = newConcept();
    for (const phrase of group.split(';')) add(root, phrase, { topic: topicUnit, group: groupUnit });
  }
  for (const phrase of hints?.split(';') ?? []) add(root, phrase, { topic: topicUnit, group: null });
}
for (const line of WORDINGS.trim().split('\n')) {
  const unit = newConcept();
  for (const phrase of line.split(';')) add(wordingRoot, phrase, { topic: unit, group: unit });
}
for (const phrase of FILLERS.split(';')) add(root, phrase, FILLER);

/**
 * The phrases of the lexicon in a text, in order; a phrase inside a longer one is left out (月嫂 in 月嫂培训), phrases that
 * overlap are both given.
 */
export function findMentions(tokens: readonly Token[]): Mention[] {
  return mentionsIn(root, tokens);
}

/** The words of `WORDINGS` in a text, as mentions whose `topic` and `group` are the same concept. */
export function findWordings(tokens: readonly Token[]): Mention[] {
  return mentionsIn(wordingRoot, tokens);
}

function mentionsIn(trie: Node, tokens: readonly Token[]): Mention[] {
  const mentions: Mention[] = [];
  let reached = 0;
  for (let start = 0; start < tokens.length; start++) {
    const mention = longestFrom(trie, tokens, start);
    if (mention === null || mention.end <= reached) continue;
    reached = mention.end;
    mentions.push(mention);
  }
  return mentions;
}

/** A misspelling is looked for in texts of at most so many tokens: in a long one the other words decide. */
const LONGEST_SHORT_TEXT = 14;
const LONGEST_SOUND_ALIKE = 5;

/**
 * Phrases that a short text seems to mean by words that the lexicon does not know: a character that sounds the same
 * (理法 for 理发), a letter too many or too few. At least half of the characters are right, and no token is read twice.
 */
export function findMisspeltMentions(tokens: readonly Token[], mentions: readonly Mention[]): Mention[] {
  if (tokens.length > LONGEST_SHORT_TEXT) return [];
  const read = new Uint8Array(tokens.length);
  for (const { start, end, meanings } of mentions) if (!meanings.includes(FILLER)) read.fill(1, start, end);
  const found: Mention[] = [];
  for (let start = 0; start < tokens.length; start++) {
    if (read[start] === 1) continue;
    const mention = misspeltFrom(tokens, start, read);
    if (mention === null) continue;
    found.push(mention);
    read.fill(1, mention.start, mention.end);
  }
  return found;
}

function misspeltFrom(tokens: readonly Token[], start: number, read: Uint8Array): Mention | null {
  const first = tokens[start]!;
  if (typeof first === 'string') {
    const meanings = lexiconWords.has(first) ? [] : meaningsOfMisspelt(first);
    return meanings.length === 0 ? null : { start, end: start + 1, meanings };
  }
  for (let end = Math.min(tokens.length, start + LONGEST_SOUND_ALIKE); end >= start + 2; end--) {
    const window = tokens.slice(start, end);
    if (read.subarray(start, end).includes(1) || !window.every(isHanToken)) continue;
    const phrases = phrasesBySound.get(window.map(soundOf).join()) ?? [];
    const near = phrases.filter(
      (phrase) => 2 * phrase.units.filter((unit, i) => unit === window[i]).length >= window.length,
    );
    if (near.length > 0) return { start, end, meanings: near.flatMap((phrase) => phrase.meanings) };
  }
  return null;
}

function meaningsOfMisspelt(word: string): Meaning[] {
  const meanings: Meaning[] = [];
  for (const known of lexiconWords) {
    if (isMisspelling(word, known)) meanings.push(...(root.next.get(known)?.meanings ?? []));
  }
  return meanings;
}

function isHanToken(token: Token): token is number {
  return typeof token === 'number' && isHan(token) && soundOf(token) > 0;
}

function longestFrom(trie: Node, tokens: readonly Token[], start: number): Mention | null {
  let node = trie.next.get(tokens[start]!);
  if (node === undefined) return null;
  let found: Mention | null = node.meanings.length > 0 ? { start, end: start + 1, meanings: node.meanings } : null;
  let particles = 0;
  for (let i = start + 1; i < tokens.length; i++) {
    const token = tokens[i]!;
    const next: Node | undefined = node.next.get(token);
    if (next !== undefined) {
      node = next;
      if (node.meanings.length > 0) found = { start, end: i + 1, meanings: node.meanings };
    } else if (!PARTICLES.has(token as number) || ++particles > MOST_PARTICLES) break;
  }
  return found;
}

function add(trie: Node, phrase: string, meaning: Meaning): void {
  const tokens = tokenise(phrase);
  if (trie === root && meaning !== FILLER) noteSpelling(tokens, meaning);
  let node = trie;
  for (const token of tokens) {
    let next = node.next.get(token);
    if (next === undefined) {
      next = { next: new Map(), meanings: [] };
      node.next.set(token, next);
    }
    node = next;
  }
  if (node !== trie && !node.meanings.includes(meaning)) node.meanings.push(meaning);
}

function noteSpelling(tokens: readonly Token[], meaning: Meaning): void {
  for (const token of tokens) if (typeof token === 'string') lexiconWords.add(token);
  if (meaning.group === null || tokens.length < 2 || !tokens.every(isHanToken)) return;
  const key = tokens.map(soundOf).join();
  const phrases = phrasesBySound.get(key) ?? [];
  phrases.push({ units: tokens, meanings: [meaning] });
  phrasesBySound.set(key, phrases);
}

function newConcept(): number {
  if (conceptUnits === CONCEPT_UNITS) throw new RangeError(`The lexicon has more than ${CONCEPT_UNITS} concepts`);
  return FIRST_CONCEPT_UNIT + conceptUnits++;
}
