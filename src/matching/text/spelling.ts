import { CHARACTERS_BY_SOUND } from './sounds.ts';

/** How the Mandarin of the southwest says a syllable: no zh, ch, sh, no final -ng after i and e, and n- as l-. */
function spoken(syllable: string): string {
  return syllable
    .replace(/^([zcs])h/, '$1')
    .replace(/^n/, 'l')
    .replace(/([ie])ng$/, '$1n');
}

const soundNumbers = new Map<string, number>();
const soundOfUnit = new Map<number, number>();
const unitsOfSound: number[][] = [];

for (const line of CHARACTERS_BY_SOUND.trim().split('\n')) {
  const [syllable, characters] = line.split(' ') as [string, string];
  const sound = soundNumber(spoken(syllable));
  for (const character of characters) {
    soundOfUnit.set(character.charCodeAt(0), sound);
    unitsOfSound[sound]!.push(character.charCodeAt(0));
  }
}

/** A number for how a Han character sounds, the same for all that are easily taken for one another; 0 when unknown. */
export function soundOf(unit: number): number {
  return soundOfUnit.get(unit) ?? 0;
}

/** Characters that sound like this one, itself left out. */
export function homophonesOf(unit: number): readonly number[] {
  return (unitsOfSound[soundOf(unit)] ?? []).filter((other) => other !== unit);
}

const SHORTEST_MISSPELT = 4;

/** Whether one letter added, left out, changed or swapped with its neighbour makes one word of the other. */
export function isMisspelling(word: string, other: string): boolean {
  const difference = word.length - other.length;
  if (Math.min(word.length, other.length) < SHORTEST_MISSPELT || difference > 1 || difference < -1) return false;
  let front = 0;
  while (front < word.length && word[front] === other[front]) front++;
  let back = 0;
  while (back < Math.min(word.length, other.length) - front && word.at(-1 - back) === other.at(-1 - back)) back++;
  const left = word.length - front - back;
  const right = other.length - front - back;
  if (left <= 1 && right <= 1) return left + right > 0;
  return left === 2 && right === 2 && word[front] === other[front + 1] && word[front + 1] === other[front];
}

function soundNumber(syllable: string): number {
  const known = soundNumbers.get(syllable);
  if (known !== undefined) return known;
  const number = soundNumbers.size + 1;
  soundNumbers.set(syllable, number);
  unitsOfSound[number] = [];
  return number;
}
