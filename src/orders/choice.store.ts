import type { Database, Transaction } from '../database/database.ts';
import { NotFound, TransitionRefused, VersionConflict } from '../failures.ts';
import type { DispatchMode } from '../generated/prisma/enums.ts';
import { type Action, demand } from '../identity/policy.ts';
import type { Viewer } from '../identity/viewer.ts';
import { appendLedgerEntries } from '../ledger/index.ts';
import type { BilingualText, Judgement } from '../matching/index.ts';
import { NEED } from '../needs/lifecycle.ts';
import { actorOf } from './actor.ts';
import { writeDispatches } from './dispatch.store.ts';
import { changesOf, type Dispatch, type DispatchOutcome, planDispatches } from './dispatch-plan.store.ts';
import { orderTransition } from './lifecycle.ts';
import { changeOf, lockLiveOrders, writeMove } from './locked-order.store.ts';
import { ABOVE_MAXIMUM, CapacityExhausted, ConstraintNotMet, SERVICE, ServiceNotOffered } from './order.ts';
import { type OrderChange, publishOrderChanges } from './order-changes.ts';

/** Holds a service against a need as they are now; `null` when one of them is not there. The match runs bring it. */
export type EvaluateCandidate = (
  database: Database,
  viewer: Viewer,
  needId: string,
  serviceId: string,
  now: Date,
) => Promise<Judgement | null>;

/** A service that a person picks for a need. */
export type Choice = {
  readonly needId: string;
  /** Version of the need that they have seen. */
  readonly needVersion: number;
  readonly serviceId: string;
};

/**
 * Dispatches an order by hand (人工派单). Every hard constraint is checked again; the service need not be a candidate of
 * the need's latest run.
 *
 * @returns the order's id
 * @throws NotFound, NotSignedIn, NotAllowed, VersionConflict; TransitionRefused when the need has an order or has ended;
 *   CapacityExhausted, ServiceNotOffered, ConstraintNotMet
 */
export async function dispatchByHand(
  database: Database,
  viewer: Viewer,
  choice: Choice,
  evaluate: EvaluateCandidate,
  now: Date,
): Promise<string> {
  await demandNeed(database, viewer, 'order.dispatch', choice.needId);
  await demandConstraints(database, viewer, choice, evaluate, now);
  return dispatchChoice(database, viewer, choice, 'STAFF', now);
}

/**
 * Dispatches an order to the candidate that the resident chooses (自主选择) among those of the need's latest run. An order
 * that its provider has not accepted yet is cancelled first.
 *
 * @returns the order's id; that of the order which is out, when it is with this service already
 * @throws as `dispatchByHand`, and NotFound for a candidate that is not current any more
 */
export async function chooseCandidate(
  database: Database,
  viewer: Viewer,
  { candidateId, needVersion }: { readonly candidateId: string; readonly needVersion: number },
  evaluate: EvaluateCandidate,
  now: Date,
): Promise<string> {
  const candidate = await database.prisma.candidate.findFirst({
    where: { id: candidateId, current: true, need: { areaId: viewer.areaId } },
    select: { needId: true, serviceId: true },
  });
  const path = ['input', 'candidateId'];
  if (candidate === null) throw new NotFound(CANDIDATE, path);
  const choice = { ...candidate, needVersion };
  await demandNeed(database, viewer, 'need.choose', choice.needId, CANDIDATE, path);
  const out = await database.prisma.order.findFirst({
    where: { needId: choice.needId, serviceId: choice.serviceId, state: 'DISPATCHED' },
    select: { id: true },
  });
  if (out !== null) return database.transaction(async () => out.id, { answerId: (id) => id });
  await demandConstraints(database, viewer, choice, evaluate, now);
  return dispatchChoice(database, viewer, choice, 'RESIDENT_CHOICE', now);
}

const CANDIDATE = { zh: '候选', en: 'candidate' } as const;

/** Why an order that was not accepted yet was cancelled. */
const CHOSE_ANOTHER = '居民改选其他服务 / the resident chose another service';

async function dispatchChoice(
  database: Database,
  viewer: Viewer,
  { needId, needVersion, serviceId }: Choice,
  mode: Extract<DispatchMode, 'STAFF' | 'RESIDENT_CHOICE'>,
  now: Date,
): Promise<string> {
  const { orderId, changes } = await database.transaction(
    async (tx) => {
      const need = await lockNeed(tx, viewer, needId);
      if (need.version !== needVersion)
        throw new VersionConflict(NEED, need.version, need.state, { typename: 'Need', id: needId });
      const dispatch = { needId, serviceId, mode, ...(await readCandidate(tx, needId, serviceId)) };
      return mode === 'STAFF' ? dispatchOne(tx, viewer, dispatch, now) : dispatchInstead(tx, viewer, dispatch, now);
    },
    { answerId: ({ orderId }) => orderId },
  );
  await publishOrderChanges(database, changes);
  return orderId;
}

type Dispatched = { readonly orderId: string; readonly changes: readonly OrderChange[] };

async function dispatchOne(tx: Transaction, viewer: Viewer, dispatch: Dispatch, now: Date): Promise<Dispatched> {
  const plan = await planDispatches(tx, viewer, [dispatch], now);
  const orderId = orderIdOf(plan.outcomes[0]!);
  await appendLedgerEntries(tx, viewer.areaId, await writeDispatches(tx, viewer.areaId, plan, now), now);
  return { orderId, changes: changesOf(plan) };
}

/** Dispatches in place of an order that is out and not accepted. */
async function dispatchInstead(tx: Transaction, viewer: Viewer, dispatch: Dispatch, now: Date): Promise<Dispatched> {
  const [out] = await lockLiveOrders(tx, viewer, [dispatch.needId]);
  if (out === undefined || out.state !== 'DISPATCHED') return dispatchOne(tx, viewer, dispatch, now);
  const plan = await planDispatches(tx, viewer, [dispatch], now, out);
  const orderId = orderIdOf(plan.outcomes[0]!);
  const because = { actor: actorOf(viewer, 'need.choose', out), reason: CHOSE_ANOTHER };
  const ended = await writeMove(tx, out, orderTransition('DISPATCHED', 'CANCELLED'), because, now);
  const begun = await writeDispatches(tx, viewer.areaId, plan, now);
  await appendLedgerEntries(tx, viewer.areaId, [...ended, ...begun], now);
  return { orderId, changes: [changeOf(out), ...changesOf(plan)] };
}

function orderIdOf(outcome: DispatchOutcome): string {
  switch (outcome.outcome) {
    case 'DISPATCHED':
      return outcome.orderId;
    case 'NO_PLACES':
      throw new CapacityExhausted();
    case 'NOT_OFFERED':
      throw new ServiceNotOffered();
    case 'ABOVE_MAXIMUM':
      throw new ConstraintNotMet('PRICE', ABOVE_MAXIMUM);
    case 'NOT_WAITING':
      throw new TransitionRefused(NEED, outcome.needState, 'OFFERED');
  }
}

/** @param kind what is said not to be there, where they may not read the need */
async function demandNeed(
  database: Database,
  viewer: Viewer,
  action: Action,
  needId: string,
  kind: BilingualText = NEED,
  path: readonly string[] = [],
): Promise<void> {
  const need = await database.prisma.need.findFirst({
    where: { id: needId, areaId: viewer.areaId },
    select: { areaId: true, communityId: true, residentId: true },
  });
  if (need === null) throw new NotFound(kind, path);
  demand(viewer, action, need, 'need.read', kind, path);
}

async function demandConstraints(
  database: Database,
  viewer: Viewer,
  { needId, serviceId }: Choice,
  evaluate: EvaluateCandidate,
  now: Date,
): Promise<void> {
  const judgement = await evaluate(database, viewer, needId, serviceId, now);
  if (judgement === null) throw new NotFound(SERVICE);
  if (judgement.passes) return;
  if (judgement.constraint === 'CAPACITY') throw new CapacityExhausted();
  if (judgement.constraint === 'ADMISSION') throw new ServiceNotOffered();
  throw new ConstraintNotMet(judgement.constraint, judgement.reason);
}

async function lockNeed(
  tx: Transaction,
  viewer: Viewer,
  needId: string,
): Promise<{ readonly version: number; readonly state: string }> {
  const [need] = await tx.$queryRaw<{ version: number; state: string }[]>`
    SELECT version, state::text FROM needs
    WHERE id = ${needId}::uuid AND area_id = ${viewer.areaId}::uuid FOR NO KEY UPDATE`;
  if (need === undefined) throw new NotFound(NEED);
  return need;
}

async function readCandidate(
  tx: Transaction,
  needId: string,
  serviceId: string,
): Promise<{ readonly candidateId: string | null; readonly matchRunId: string | null }> {
  const candidate = await tx.candidate.findFirst({
    where: { needId, serviceId, current: true },
    select: { id: true, matchRunId: true },
  });
  return { candidateId: candidate?.id ?? null, matchRunId: candidate?.matchRunId ?? null };
}
