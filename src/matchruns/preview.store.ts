import { COMMUNITY } from '../communities/community.ts';
import type { Database } from '../database/database.ts';
import { NotFound, NotSignedIn } from '../failures.ts';
import { demand, demandAtAll } from '../identity/policy.ts';
import type { Viewer } from '../identity/viewer.ts';
import { parseInput } from '../input.ts';
import {
  type Candidate,
  type CandidateResult,
  candidates,
  type Judgement,
  type NeedRecord,
  scoreService,
} from '../matching/index.ts';
import { NEED } from '../needs/lifecycle.ts';
import { emptyCatalogue } from './catalogue.store.ts';
import { askCurrentCatalogue } from './current-catalogue.store.ts';
import { readNeed, withBearablePrices, withoutTried } from './need-records.store.ts';
import { needSketchInput, type PreviewOptions, previewOptions, sketchedNeed } from './preview.ts';
import { readProfile } from './scoring-profile.store.ts';
import { DEFAULT_PROFILE_NAME } from './scoring-profile.ts';
import { type AreaFrame, readAreaFrame, readServiceRecord } from './service-records.store.ts';
import { reasonWithoutCandidate, type UnmetReason } from './unmet-reason.ts';

/** The candidates of a need as they are now; nothing is kept. */
export type Preview = Pick<CandidateResult, 'passed' | 'removed' | 'nearestMiss'> & {
  readonly candidates: readonly Candidate[];
  /** Why there is none; `null` when there is one. */
  readonly unmetReason: UnmetReason | null;
  /** Id of the category used; `null` when none was given and the words found none. */
  readonly categoryId: string | null;
};

/**
 * The candidates that a match run would find for a need now.
 *
 * @throws NotSignedIn, NotAllowed; InvalidInput for the options; NotFound for a need that is not there or that the viewer may not read, and for an unknown profile
 */
export async function previewCandidates(
  database: Database,
  viewer: Viewer,
  needId: string,
  now: Date,
  options: PreviewOptions = {},
): Promise<Preview> {
  demandAtAll(viewer, 'need.read');
  const { most, profile } = parseInput(previewOptions, options, []);
  await demandNeed(database, viewer, needId);
  // Candidates are found over the services, places and programmes of everybody.
  const { prisma } = database.system;
  const frame = await readAreaFrame(prisma, viewer.areaId);
  const need = await readNeed(prisma, frame, needId, now);
  if (need === null) throw new NotFound(NEED);
  const kept = await readProfile(prisma, viewer.areaId, profile);
  const result = await askCurrentCatalogue(database, frame, now, (catalogue) =>
    candidates(catalogue, withoutTried(need), kept.profile, most),
  );
  return previewOf(frame, result, need.triedServices);
}

/**
 * The candidates of a need that is only sketched in words: its category is found from them, and it lies at its point
 * or at the centre of its community.
 *
 * @param input see `needSketchInput`
 * @throws InvalidInput, NotSignedIn, NotFound for an unknown community, category or profile
 */
export async function previewNeed(
  database: Database,
  viewer: Viewer,
  input: unknown,
  now: Date,
  options: PreviewOptions = {},
): Promise<Preview> {
  if (viewer.userId === null && !viewer.isSystem) throw new NotSignedIn();
  const { most, profile } = parseInput(previewOptions, options, []);
  const sketch = parseInput(needSketchInput, input);
  const community = await database.prisma.community.findFirst({
    where: { id: sketch.communityId, areaId: viewer.areaId },
    select: { latitude: true, longitude: true },
  });
  if (community === null) throw new NotFound(COMMUNITY, ['input', 'communityId']);
  const { prisma } = database.system;
  const frame = await readAreaFrame(prisma, viewer.areaId);
  const stated = frame.categories.find(({ id }) => id === sketch.categoryId);
  if (sketch.categoryId != null && stated === undefined) {
    throw new NotFound({ zh: '类别', en: 'category' }, ['input', 'categoryId']);
  }
  const kept = await readProfile(prisma, viewer.areaId, profile);
  const need = sketchedNeed(sketch, stated?.record.code ?? null, community, now);
  const ask = (record: NeedRecord) =>
    askCurrentCatalogue(database, frame, now, (catalogue) => candidates(catalogue, record, kept.profile, most));
  const result = await ask(need);
  // Which programmes would pay is known once the category is.
  const categoryId = need.maximumPriceFen === null ? null : categoryIdOf(frame, result.category);
  if (categoryId === null) return previewOf(frame, result);
  const sketched = { record: { ...need, category: result.category }, categoryId, residentId: null };
  const [raised] = await withBearablePrices(prisma, viewer.areaId, [sketched], now);
  return previewOf(frame, raised === sketched.record ? result : await ask(raised!));
}

/**
 * Holds one service against one need as they are now: whether it passes every hard constraint, or the first one that
 * it fails and why. For people who dispatch by hand or choose: a service that declined before is judged like any other.
 *
 * @returns `null` when there is no such need or no such service on the list of the viewer's area
 */
export async function evaluateCandidate(
  database: Database,
  viewer: Viewer,
  needId: string,
  serviceId: string,
  now: Date,
): Promise<Judgement | null> {
  const { prisma } = database.system;
  const frame = await readAreaFrame(prisma, viewer.areaId);
  const need = await readNeed(prisma, frame, needId, now);
  const service = await readServiceRecord(prisma, frame, serviceId, now);
  if (need === null || service === null) return null;
  const { profile } = await readProfile(prisma, viewer.areaId, DEFAULT_PROFILE_NAME);
  const catalogue = emptyCatalogue(frame);
  catalogue.publish(service);
  return scoreService(catalogue, need.record, profile, serviceId);
}

function previewOf(frame: AreaFrame, result: CandidateResult, triedServices: readonly string[] = []): Preview {
  const { passed, removed, nearestMiss } = result;
  return {
    candidates: result.candidates,
    passed,
    removed,
    nearestMiss,
    unmetReason: passed > 0 ? null : reasonWithoutCandidate(result, triedServices),
    categoryId: categoryIdOf(frame, result.category),
  };
}

function categoryIdOf({ categories }: AreaFrame, code: string | null): string | null {
  return categories.find(({ record }) => record.code === code)?.id ?? null;
}

async function demandNeed(database: Database, viewer: Viewer, needId: string): Promise<void> {
  const need = await database.prisma.need.findFirst({
    where: { id: needId, areaId: viewer.areaId },
    select: { areaId: true, communityId: true, residentId: true },
  });
  if (need === null) throw new NotFound(NEED);
  demand(viewer, 'need.read', need, 'need.read', NEED);
}
