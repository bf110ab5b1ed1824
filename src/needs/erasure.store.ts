import { z } from 'zod';
import { appendAudit } from '../audit/index.ts';
import type { Database, Transaction } from '../database/database.ts';
import { newId } from '../database/id.ts';
import { asSystem } from '../database/row-wall.ts';
import { ExpectedFailure, InvalidInput, NotFound } from '../failures.ts';
import { demand, reachOf } from '../identity/policy.ts';
import type { Viewer } from '../identity/viewer.ts';
import { parseInput } from '../input.ts';
import { cancelOrdersOfNeeds, type OrderChange, publishOrderChanges } from '../orders/index.ts';
import { forgetTraces } from './erasure-traces.store.ts';
import { lockNeeds, withdrawLockedNeed } from './need.store.ts';
import { RESIDENT } from './resident.ts';
import { purposeText } from './reveal.store.ts';

/** Why a resident cannot be erased yet. */
export const ERASURE_HINDRANCES = {
  ORDER_UNDER_WAY: {
    zh: '有订单正在服务、待确认或有争议，办结后方可删除',
    en: 'An order is in service, waits to be confirmed or is disputed; it must end first',
  },
  SETTLEMENT_OPEN: {
    zh: '其订单所在的结算单尚未支付或取消，结算后方可删除',
    en: 'An order is in a settlement that is not yet paid or cancelled; that must end first',
  },
} as const;

/** The resident cannot be erased yet. */
export class ErasureHindered extends ExpectedFailure {
  readonly code = 'ERASURE_HINDERED';
  readonly hindrance: keyof typeof ERASURE_HINDRANCES;

  constructor(hindrance: keyof typeof ERASURE_HINDRANCES) {
    super(ERASURE_HINDRANCES[hindrance], ['input', 'residentId']);
    this.hindrance = hindrance;
  }
}

const erasureInput = z.strictObject({ residentId: z.uuid(), purpose: purposeText.nullable() });

/**
 * Erases everything personal of a resident for good (删除个人信息): residents themselves, who need not say why, and
 * administrators for a purpose. Their data key is destroyed, so that what was sealed cannot be read from any copy of the
 * tables either; what stands in columns is emptied; needs that wait are withdrawn and orders that are not begun are
 * cancelled by their lifecycles, with their entries in the ledgers. The row of the resident stays, empty, for the orders,
 * transfers and entries that hang on its id; nothing in a chain changes. The office's own id for them is given up, so that
 * a list that has it again makes a new resident.
 *
 * @returns id of the record of the erasure
 * @throws InvalidInput, NotSignedIn, NotAllowed, NotFound; ErasureHindered
 */
export async function eraseResident(database: Database, viewer: Viewer, given: unknown, now: Date): Promise<string> {
  const { residentId, purpose: said } = parseInput(erasureInput, given);
  const erased = await database.transaction(
    async (tx) => {
      await lockForErasure(tx, viewer, residentId);
      const isOwn = reachOf(viewer, 'resident.erase').residentIds.includes(residentId);
      const purpose = said ?? (isOwn ? 'OWN_REQUEST' : null);
      if (purpose === null) {
        throw InvalidInput.at(['input', 'purpose'], 'required', '须说明用途', 'a purpose is required');
      }
      return asSystem(tx, () => eraseLocked(tx, viewer, residentId, purpose, now));
    },
    { answerId: ({ id }) => id },
  );
  await publishOrderChanges(database, erased.changes);
  return erased.id;
}

type Erased = { readonly id: string; readonly changes: readonly OrderChange[] };

/** Locks a resident of the viewer's area whom they may erase. @throws NotSignedIn, NotAllowed, NotFound */
async function lockForErasure(tx: Transaction, viewer: Viewer, residentId: string): Promise<void> {
  const [resident] = await tx.$queryRaw<{ communityId: string }[]>`
    SELECT community_id AS "communityId" FROM residents
    WHERE id = ${residentId}::uuid AND area_id = ${viewer.areaId}::uuid AND erased_at IS NULL FOR UPDATE`;
  if (resident === undefined) throw new NotFound(RESIDENT, ['input', 'residentId']);
  demand(viewer, 'resident.erase', { areaId: viewer.areaId, ...resident, residentId }, 'resident.read', RESIDENT);
}

async function eraseLocked(
  tx: Transaction,
  viewer: Viewer,
  residentId: string,
  purpose: string,
  now: Date,
): Promise<Erased> {
  const { areaId, userId: actorId } = viewer;
  const ids = (await tx.need.findMany({ where: { residentId }, select: { id: true } })).map(({ id }) => id);
  const needs = await lockNeeds(tx, areaId, { ids });
  await demandNoHindrance(tx, ids);
  const changes = await cancelOrdersOfNeeds(tx, viewer, 'resident.erase', ids, CANCELLED_BECAUSE, now);
  const waiting = needs.filter(({ state }) => state !== 'CLOSED' && state !== 'WITHDRAWN');
  for (const need of waiting) await withdrawLockedNeed(tx, { areaId, actorId, now }, need, 'NO_LONGER_NEEDED');
  await forgetTraces(tx, residentId, ids);
  const counts = { withdrawn: waiting.length, cancelled: changes.length };
  const id = newId();
  await tx.$executeRaw`
    UPDATE residents SET external_id = ${`erased:${residentId}`}, name = '', birth_date = NULL, gender = 'UNKNOWN', phone = NULL,
      address = NULL, identity_number = NULL, latitude = NULL, longitude = NULL, attributes = '{}', is_sealed = true,
      name_index = NULL, phone_index = NULL, identity_number_index = NULL, erased_at = ${now}, updated_at = ${now}
    WHERE id = ${residentId}::uuid`;
  await tx.residentErasure.create({ data: { id, areaId, residentId, actorId, purpose, ...counts, at: now } });
  const entry = { action: 'resident.erase', subjectType: 'Resident', subjectId: residentId, purpose, body: counts };
  await appendAudit(tx, viewer, entry, now);
  return { id, changes };
}

/** The orders are locked, so that none begins meanwhile. */
async function demandNoHindrance(tx: Transaction, needIds: readonly string[]): Promise<void> {
  const orders = await tx.$queryRaw<{ id: string; state: string }[]>`
    SELECT id, state::text FROM orders WHERE need_id = ANY(${needIds}::uuid[]) ORDER BY id FOR NO KEY UPDATE`;
  if (orders.some(({ state }) => ['IN_SERVICE', 'FULFILLED', 'DISPUTED'].includes(state))) {
    throw new ErasureHindered('ORDER_UNDER_WAY');
  }
  const open = await tx.settlementLine.count({
    where: {
      settlement: { state: { in: ['DRAFT', 'APPROVED'] } },
      transfer: { orderId: { in: orders.map(({ id }) => id) } },
    },
  });
  if (open > 0) throw new ErasureHindered('SETTLEMENT_OPEN');
}

const CANCELLED_BECAUSE = 'The personal information of the resident was erased (个人信息已删除)';

/** One of the list of erasures, which is kept beside backups. */
export type ListedErasure = { readonly areaId: string; readonly residentId: string; readonly purpose: string };

/** Every erasure so far, oldest first. */
export async function listErasures({ prisma }: Database): Promise<readonly (ListedErasure & { readonly at: Date })[]> {
  return prisma.residentErasure.findMany({
    orderBy: [{ at: 'asc' }, { id: 'asc' }],
    select: { areaId: true, residentId: true, purpose: true, at: true },
  });
}

/** What became of an erasure that was to be made: GONE where there is no such resident to erase, any more or yet. */
export type ErasureOutcome = 'ERASED' | 'GONE' | keyof typeof ERASURE_HINDRANCES;

/** Erases a resident for Liangdan itself: again after an old copy was restored, or because their time has come. */
export async function eraseAsSystem(
  database: Database,
  viewer: Viewer,
  residentId: string,
  purpose: string,
  now: Date,
): Promise<ErasureOutcome> {
  try {
    const { changes } = await database.transaction(async (tx) => {
      await lockForErasure(tx, viewer, residentId);
      return asSystem(tx, () => eraseLocked(tx, viewer, residentId, purpose, now));
    });
    await publishOrderChanges(database, changes);
    return 'ERASED';
  } catch (error) {
    if (error instanceof NotFound) return 'GONE';
    if (error instanceof ErasureHindered) return error.hindrance;
    throw error;
  }
}
