import { addDays, localTime, REFERENCE_DAY } from './calendar.ts';
import { type ExampleCategory, namingOf } from './categories.ts';
import { factsOf } from './need-facts.ts';
import { type NeedText, needText, type Voice, voicesOf } from './need-text.ts';
import { type Wishes, wishesOf } from './need-wishes.ts';
import { DEMAND } from './phrases/needs.ts';
import { type Random, randomStream } from './random.ts';
import type { ExampleResident } from './residents.ts';
import type { ServiceRow } from './services.ts';
import type { Demand, Story } from './sketches.ts';

export const NEED_COLUMNS = [
  'external_id',
  'resident',
  'community',
  'category',
  'title',
  'description',
  'channel',
  'urgency',
  'quantity',
  'registered_at',
  'earliest_at',
  'deadline_at',
  'preferred_windows',
  'maximum_price_yuan',
  'latitude',
  'longitude',
  'preferred_providers',
  'excluded_providers',
  'excluded_natures',
] as const;
export type NeedRow = Record<(typeof NEED_COLUMNS)[number], string>;

/** Clerks state a category; how many in a hundred of what others write about one plainly do not. */
const UNSTATED_PERCENT = 46;

/**
 * The rows of needs.csv, oldest first. What is usually done within a day has not been waiting for weeks, and a
 * category is left out only where the text names it.
 */
export function needRows(
  residents: readonly ExampleResident[],
  services: readonly ServiceRow[],
  categories: ReadonlyMap<string, ExampleCategory>,
): NeedRow[] {
  const rows = DEMAND.flatMap((demand) => {
    if (!categories.has(demand.category)) throw new Error(`The taxonomy has no category ${demand.category}.`);
    const seekers = residents.filter((resident) => seeks(demand, resident));
    return Array.from({ length: demand.count }, (_, index) => {
      const random = randomStream(`need ${demand.category} ${index}`);
      const stray = random.chance(demand.seekers.strays ?? 0);
      const resident = random.pick(stray ? residents.filter(({ age }) => age >= 18) : seekers);
      return needRow(demand, resident, services, categories, random);
    });
  });
  rows.sort((one, other) =>
    one.registered_at < other.registered_at ? -1 : one.registered_at > other.registered_at ? 1 : 0,
  );
  return rows.map((row, index) => ({ ...row, external_id: `N-${String(index + 1).padStart(5, '0')}` }));
}

function seeks({ seekers }: Demand, { age, attributes }: ExampleResident): boolean {
  const [least, most] = seekers.ages;
  if (age < least || age > most) return false;
  return seekers.anyOf === undefined || seekers.anyOf.some((attribute) => attributes.includes(attribute));
}

function needRow(
  demand: Demand,
  resident: ExampleResident,
  services: readonly ServiceRow[],
  categories: ReadonlyMap<string, ExampleCategory>,
  random: Random,
): NeedRow {
  const [life, urgent, normal, patient] = demand.urgencies;
  const urgency = random.weighted([
    [1, life],
    [2, urgent],
    [3, normal],
    [4, patient],
  ] as const);
  const story = storyFor(demand, resident, urgency, random);
  const voice = voiceFor(voicesOf(story, resident.age), resident.age, random);
  const channel = channelFor(voice, demand.category, urgency, random);
  const facts = factsOf(resident, random);
  const wishes = wishesOf(demand, resident, urgency, services, random);
  const text = needText(story, voice, channel, resident.age, facts, wishes.sentences, random);
  const { completeWithinHours } = categories.get(demand.category)!;
  const { category, title, description } = statedOrNot(demand.category, voice, text, categories, random);
  return {
    external_id: '',
    resident: resident.id,
    community: resident.community.id,
    category,
    title,
    description,
    channel,
    urgency: String(urgency),
    quantity: String(random.weighted(story.quantities ?? demand.quantities ?? [[1, 1]])),
    ...timesFor(urgency, completeWithinHours, channel, wishes, random),
    preferred_windows: wishes.preferredWindows,
    maximum_price_yuan: wishes.maximumPriceYuan,
    latitude: resident.latitude,
    longitude: resident.longitude,
    preferred_providers: wishes.preferredProvider,
    excluded_providers: wishes.excludedProvider,
    excluded_natures: wishes.excludedNature,
  };
}

/** The category and the text; where the category is left out, a text that says little of it gets its name in front. */
function statedOrNot(
  code: string,
  voice: Voice,
  { title, description }: NeedText,
  categories: ReadonlyMap<string, ExampleCategory>,
  random: Random,
): NeedText & { readonly category: string } {
  const { own, rival } = namingOf(title + description, code, categories);
  if (voice === 'staff' || own <= rival + Number(rival > 0) || !random.chance(UNSTATED_PERCENT))
    return { category: code, title, description };
  const isPlain = own >= 2 && rival === 0;
  return { category: '', title: isPlain ? title : `【${categories.get(code)!.name}】${title}`, description };
}

/** Life and safety is told by a grave story where there is one, and a grave story is never told of what can wait. */
function storyFor(demand: Demand, resident: ExampleResident, urgency: number, random: Random): Story {
  const fitting = demand.stories.filter((story) => isToldOf(story, resident));
  const grave = fitting.filter((story) => story.grave);
  if (urgency === 1 && grave.length > 0) return random.pick(grave);
  const common = fitting.filter((story) => !story.grave || urgency === 2);
  return random.pick(common.length > 0 ? common : demand.stories.filter((story) => !story.grave));
}

function isToldOf({ ages, anyOf }: Story, resident: ExampleResident): boolean {
  if (ages && (resident.age < ages[0] || resident.age > ages[1])) return false;
  return !anyOf || anyOf.some((attribute) => resident.attributes.includes(attribute));
}

function voiceFor(voices: readonly Voice[], age: number, random: Random): Voice {
  const weight = { own: age >= 80 ? 18 : age >= 66 ? 34 : 56, family: age >= 66 || age < 18 ? 40 : 14, staff: 30 };
  return random.weighted(voices.map((voice) => [voice, weight[voice]] as const));
}

/** What is brought before a meeting, never a matter of one household. */
const PUBLIC_MATTER = /^(SAFETY\.(PATROL|FIRE)|DELIBERATION|ENVIRONMENT|MUTUAL\.CULTURE)/;

function channelFor(voice: Voice, category: string, urgency: number, random: Random): string {
  if (voice === 'staff') {
    if (urgency === 1)
      return random.weighted([
        ['HOTLINE', 6],
        ['WELFARE_WATCH', 4],
      ] as const);
    if (PUBLIC_MATTER.test(category)) {
      return random.weighted([
        ['GRID_VISIT', 52],
        ['HOTLINE', 30],
        ['MEETING', 18],
      ] as const);
    }
    return random.weighted([
      ['GRID_VISIT', 56],
      ['HOTLINE', 30],
      ['WELFARE_WATCH', 14],
    ] as const);
  }
  if (urgency === 1)
    return random.weighted([
      ['APP', 3],
      ['WECHAT', 7],
    ] as const);
  if (voice === 'family')
    return random.weighted([
      ['APP', 40],
      ['WECHAT', 60],
    ] as const);
  return random.weighted([
    ['APP', 38],
    ['WECHAT', 46],
    ['OPINION_BOX', 16],
  ] as const);
}

function timesFor(
  urgency: number,
  completeWithinHours: number,
  channel: string,
  wishes: Wishes,
  random: Random,
): Pick<NeedRow, 'registered_at' | 'earliest_at' | 'deadline_at'> {
  const oldest =
    urgency === 1
      ? 1
      : urgency === 2
        ? Math.min(8, longestWaitDays(completeWithinHours))
        : longestWaitDays(completeWithinHours);
  // The lesser of two throws: most needs are recent.
  const daysAgo = Math.min(random.between(1, oldest), random.between(1, oldest));
  const minute =
    channel === 'GRID_VISIT' || channel === 'MEETING'
      ? random.between(9 * 60, 17 * 60 + 40)
      : random.between(7 * 60, 22 * 60 + 50);
  const earliest = wishes.startsLater ? random.between(2, 4) : 0;
  const due = Math.min(30, earliest + daysToDeadline(urgency, completeWithinHours, random));
  const open = urgency >= 3 && random.chance(urgency === 4 ? 30 : 10);
  return {
    registered_at: localTime(addDays(REFERENCE_DAY, -daysAgo), minute),
    earliest_at: earliest === 0 ? '' : localTime(addDays(REFERENCE_DAY, earliest), 8 * 60),
    deadline_at: open
      ? ''
      : localTime(
          addDays(REFERENCE_DAY, due),
          urgency === 1 ? random.between(6, 12) * 60 : random.pick([12, 17, 18, 20]) * 60,
        ),
  };
}

function longestWaitDays(completeWithinHours: number): number {
  if (completeWithinHours <= 24) return 4;
  if (completeWithinHours <= 72) return 16;
  return completeWithinHours <= 120 ? 34 : 60;
}

function daysToDeadline(urgency: number, completeWithinHours: number, random: Random): number {
  const usual = Math.ceil(completeWithinHours / 24);
  if (urgency === 1) return 1;
  if (urgency === 2) return random.between(1, Math.max(3, Math.ceil(usual / 2)));
  return urgency === 3 ? random.between(2, Math.max(5, usual + 3)) : random.between(7, 30);
}
