import type { NeedFacts } from './need-facts.ts';
import {
  FAMILY_OPENINGS,
  OWN_CLOSINGS,
  OWN_OPENINGS,
  PARENT_OPENINGS,
  SLIPS,
  STAFF_CLOSINGS,
  STAFF_OPENINGS,
} from './phrases/voices.ts';
import type { Random } from './random.ts';
import type { Story } from './sketches.ts';
import { wording } from './wording.ts';

/** Who writes the need down: the resident, a relative or neighbour, or a grid worker or clerk. */
export type Voice = 'own' | 'family' | 'staff';

export type NeedText = { readonly title: string; readonly description: string };

/** The voices in which a story can be told of a resident of this age. */
export function voicesOf(story: Story, age: number): Voice[] {
  const told = (['own', 'family', 'staff'] as const).filter((voice) => story[voice] !== undefined);
  const fitting = told.filter((voice) => voice !== 'own' || age >= 11);
  return fitting.length > 0 ? fitting : told;
}

/** A story in words. `wishes` are sentences about time, price and providers that end the description. */
export function needText(
  story: Story,
  voice: Voice,
  channel: string,
  age: number,
  facts: NeedFacts,
  wishes: readonly string[],
  random: Random,
): NeedText {
  const title = wording(story.title, random, facts);
  const told = wording(random.pick(story[voice]!), random, facts);
  const body = told + wishes.map((wish) => wording(wish, random, facts)).join('');
  const brief = voice === 'own' && wishes.length === 0 && random.chance(6);
  const description = brief ? '' : framed(body, voice, channel, age, facts, random);
  return random.chance(7) ? withSlip({ title, description }, random) : { title, description };
}

function framed(body: string, voice: Voice, channel: string, age: number, facts: NeedFacts, random: Random): string {
  if (voice === 'staff') {
    const opening = wording(random.pick(STAFF_OPENINGS[channel] ?? ['']), random, facts);
    return opening + body + random.pick(STAFF_CLOSINGS);
  }
  const openings = voice === 'own' ? OWN_OPENINGS : age < 18 ? PARENT_OPENINGS : FAMILY_OPENINGS;
  return random.pick(openings) + body + random.pick(OWN_CLOSINGS);
}

/** The text with one word typed wrong, where it holds a word that people get wrong. */
function withSlip({ title, description }: NeedText, random: Random): NeedText {
  const fitting = SLIPS.filter(([right]) => description.includes(right));
  if (fitting.length === 0) return { title, description };
  const [right, wrong] = random.pick(fitting);
  return { title, description: description.replace(right, wrong) };
}
