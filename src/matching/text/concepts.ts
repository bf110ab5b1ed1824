import { FILLERS } from './lexicon/fillers.ts';
import { LEXICON } from './lexicon/lexicon.ts';
import { type Token, tokenise } from './tokens.ts';
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
const topicUnits = new Map<string, number>();
let conceptUnits = 0;

for (const { topic, groups, hints } of LEXICON) {
  const topicUnit = topicUnits.get(topic) ?? newConcept();
  topicUnits.set(topic, topicUnit);
  for (const group of groups) {
    const groupUnit = newConcept();
    for (const phrase of group.split(';')) add(phrase, { topic: topicUnit, group: groupUnit });
  }
  for (const phrase of hints?.split(';') ?? []) add(phrase, { topic: topicUnit, group: null });
}
for (const phrase of FILLERS.split(';')) add(phrase, FILLER);

/**
 * The phrases of the lexicon in a text, in order; a phrase inside a longer one is left out (月嫂 in 月嫂培训), phrases that
 * overlap are both given.
 */
export function findMentions(tokens: readonly Token[]): Mention[] {
  const mentions: Mention[] = [];
  let reached = 0;
  for (let start = 0; start < tokens.length; start++) {
    const mention = longestFrom(tokens, start);
    if (mention === null || mention.end <= reached) continue;
    reached = mention.end;
    mentions.push(mention);
  }
  return mentions;
}

function longestFrom(tokens: readonly Token[], start: number): Mention | null {
  let node = root.next.get(tokens[start]!);
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

function add(phrase: string, meaning: Meaning): void {
  let node = root;
  for (const token of tokenise(phrase)) {
    let next = node.next.get(token);
    if (next === undefined) {
      next = { next: new Map(), meanings: [] };
      node.next.set(token, next);
    }
    node = next;
  }
  if (node !== root && !node.meanings.includes(meaning)) node.meanings.push(meaning);
}

function newConcept(): number {
  if (conceptUnits === CONCEPT_UNITS) throw new RangeError(`The lexicon has more than ${CONCEPT_UNITS} concepts`);
  return FIRST_CONCEPT_UNIT + conceptUnits++;
}
