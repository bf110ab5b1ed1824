import { appendAudit } from '../audit/index.ts';
import type { Database, Transaction } from '../database/database.ts';
import { newId } from '../database/id.ts';
import { InvalidInput, NotFound, VersionConflict } from '../failures.ts';
import type { Prisma } from '../generated/prisma/client.ts';
import type { SettlementState } from '../generated/prisma/enums.ts';
import { demandAtAll, reachOf } from '../identity/policy.ts';
import type { Viewer } from '../identity/viewer.ts';
import { appendLedgerEntries, openTransfers } from '../ledger/index.ts';
import { PROVIDER } from '../services/provider.ts';
import { PROGRAMME } from './programme.ts';
import {
  demandSettlementTransition,
  NothingToSettle,
  SETTLEMENT,
  SecondPersonNeeded,
  type SettlementRequest,
} from './settlement.ts';

/** Which settlements the viewer may read, for a WHERE. */
export function settlementsInReach(viewer: Viewer): Prisma.SettlementWhereInput {
  const { areaId, wholeArea, providerIds } = reachOf(viewer, 'settlement.read');
  return wholeArea ? { areaId } : { areaId, providerId: { in: [...providerIds] } };
}

/**
 * Drafts a settlement (编制结算单): everything that the programme paid the provider by transfers that were posted in the period
 * and are in no other settlement, less what was reversed of it.
 *
 * @returns its id
 * @throws NotSignedIn, NotAllowed, NotFound; InvalidInput for a period that is not over; NothingToSettle
 */
export async function draftSettlement(
  database: Database,
  viewer: Viewer,
  request: SettlementRequest,
  now: Date,
): Promise<string> {
  demandAtAll(viewer, 'settlement.write');
  const { programmeId, providerId, periodFrom, periodTo } = request;
  if (periodTo > now) {
    throw InvalidInput.at(['input', 'periodTo'], 'period_over', '期间尚未结束', 'must not be after the present');
  }
  return database.transaction(
    async (tx) => {
      await demandParties(tx, viewer.areaId, request);
      // Whoever drafts the same at the same time waits here, and then finds nothing left.
      const posted = await tx.$queryRaw<{ id: string }[]>`
        SELECT t.id FROM transfers t JOIN orders o ON o.id = t.order_id
        WHERE t.programme_id = ${programmeId}::uuid AND t.state = 'POSTED' AND t.reverses_id IS NULL
          AND o.provider_id = ${providerId}::uuid AND t.resolved_at >= ${periodFrom} AND t.resolved_at < ${periodTo}
        ORDER BY t.id FOR NO KEY UPDATE OF t`;
      const lines = await tx.$queryRaw<{ transferId: string; amountFen: bigint }[]>`
        SELECT t.id AS "transferId", t.posted_amount - COALESCE(reversal.amount, 0) AS "amountFen"
        FROM transfers t LEFT JOIN transfers reversal ON reversal.reverses_id = t.id
        WHERE t.id = ANY(${posted.map(({ id }) => id)}::uuid[]) AND t.posted_amount > COALESCE(reversal.amount, 0)
          AND NOT EXISTS (SELECT FROM settlement_lines line WHERE line.transfer_id = t.id)
        ORDER BY t.id`;
      if (lines.length === 0) throw new NothingToSettle();
      const id = newId();
      const totalFen = lines.reduce((sum, { amountFen }) => sum + amountFen, 0n);
      const { areaId, userId: createdById } = viewer;
      await tx.settlement.create({ data: { id, areaId, ...request, totalFen, createdAt: now, createdById } });
      const rows = lines.map(({ transferId, amountFen }) => ({ transferId, amountFen: amountFen.toString() }));
      await tx.$executeRaw`
        INSERT INTO settlement_lines (settlement_id, transfer_id, amount_fen)
        SELECT ${id}::uuid, "transferId", "amountFen"
        FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS row ("transferId" uuid, "amountFen" bigint)`;
      const body = { totalFen: totalFen.toString(), lines: lines.length };
      await appendAudit(tx, viewer, { action: ACTIONS.DRAFT, subjectType: 'Settlement', subjectId: id, body }, now);
      return id;
    },
    { answerId: (id) => id },
  );
}

/** A settlement that someone acts on, in the version that they have seen. */
export type SettlementRef = { readonly settlementId: string; readonly version: number };

/**
 * Approves a settlement (核准). The one who drafted it may do so only where the area has no other administrator: public money
 * goes through two hands where there are two, and a small office is not brought to a stand; who did both is on record.
 *
 * @returns its id
 * @throws NotSignedIn, NotAllowed, NotFound, VersionConflict, TransitionRefused, SecondPersonNeeded
 */
export async function approveSettlement(
  database: Database,
  viewer: Viewer,
  ref: SettlementRef,
  now: Date,
): Promise<string> {
  return move(database, viewer, ref, 'APPROVED', now, async (tx, settlement) => {
    if (viewer.userId !== null && settlement.createdById === viewer.userId) {
      const others = await tx.roleGrant.count({
        where: { role: 'AREA_ADMIN', userId: { not: viewer.userId }, user: { areaId: viewer.areaId } },
      });
      if (others > 0) throw new SecondPersonNeeded();
    }
    await tx.settlement.update({
      where: { id: settlement.id },
      data: { state: 'APPROVED', approvedAt: now, approvedById: viewer.userId },
    });
  });
}

/**
 * Records that an approved settlement was paid (支付): in each ledger that its lines stand in, one transfer from what the
 * provider earned to what it was paid out.
 *
 * @returns its id
 * @throws NotSignedIn, NotAllowed, NotFound, VersionConflict, TransitionRefused
 */
export async function paySettlement(
  database: Database,
  viewer: Viewer,
  ref: SettlementRef,
  now: Date,
): Promise<string> {
  return move(database, viewer, ref, 'PAID', now, async (tx, { id, providerId }) => {
    const books = await tx.$queryRaw<{ communityId: string; categoryId: string; amount: bigint }[]>`
      SELECT l.community_id AS "communityId", l.category_id AS "categoryId", sum(line.amount_fen)::bigint AS amount
      FROM settlement_lines line JOIN transfers t ON t.id = line.transfer_id JOIN ledgers l ON l.id = t.ledger_id
      WHERE line.settlement_id = ${id}::uuid GROUP BY l.id ORDER BY l.id`;
    await tx.settlement.update({ where: { id }, data: { state: 'PAID', paidAt: now } });
    const payouts = books.map((book) => ({
      ...book,
      debit: { kind: 'PROVIDER_INCOME', ownerId: providerId } as const,
      credit: { kind: 'PROVIDER_PAYOUT', ownerId: providerId } as const,
      unit: 'FEN' as const,
      orderId: null,
      actorId: viewer.userId,
      settlementId: id,
    }));
    const entries = await openTransfers(tx, viewer.areaId, payouts, now);
    await appendLedgerEntries(tx, viewer.areaId, entries, now);
  });
}

/**
 * Takes back a settlement that was not paid (作废): what it held may be settled by another.
 *
 * @returns its id
 * @throws NotSignedIn, NotAllowed, NotFound, VersionConflict, TransitionRefused
 */
export async function cancelSettlement(
  database: Database,
  viewer: Viewer,
  ref: SettlementRef,
  now: Date,
): Promise<string> {
  return move(database, viewer, ref, 'CANCELLED', now, async (tx, { id }) => {
    await tx.settlement.update({ where: { id }, data: { state: 'CANCELLED' } });
    await tx.settlementLine.deleteMany({ where: { settlementId: id } });
  });
}

/** What the audit log calls the moves. */
const ACTIONS: Readonly<Record<SettlementState, string>> = {
  DRAFT: 'settlement.draft',
  APPROVED: 'settlement.approve',
  PAID: 'settlement.pay',
  CANCELLED: 'settlement.cancel',
};

type LockedSettlement = {
  readonly id: string;
  readonly providerId: string;
  readonly createdById: string | null;
  readonly state: SettlementState;
  readonly version: number;
};

async function move(
  database: Database,
  viewer: Viewer,
  { settlementId, version }: SettlementRef,
  to: SettlementState,
  now: Date,
  change: (tx: Transaction, settlement: LockedSettlement) => Promise<void>,
): Promise<string> {
  demandAtAll(viewer, 'settlement.write');
  return database.transaction(
    async (tx) => {
      const [settlement] = await tx.$queryRaw<LockedSettlement[]>`
        SELECT id, provider_id AS "providerId", created_by_id AS "createdById", state::text, version
        FROM settlements WHERE id = ${settlementId}::uuid AND area_id = ${viewer.areaId}::uuid FOR NO KEY UPDATE`;
      if (settlement === undefined) throw new NotFound(SETTLEMENT);
      if (settlement.version !== version) {
        const current = { typename: 'Settlement', id: settlementId };
        throw new VersionConflict(SETTLEMENT, settlement.version, settlement.state, current);
      }
      demandSettlementTransition(settlement.state, to);
      await change(tx, settlement);
      const body = { from: settlement.state, to };
      await appendAudit(
        tx,
        viewer,
        { action: ACTIONS[to], subjectType: 'Settlement', subjectId: settlementId, body },
        now,
      );
      return settlementId;
    },
    { answerId: (id) => id },
  );
}

async function demandParties(tx: Transaction, areaId: string, request: SettlementRequest): Promise<void> {
  const { programmeId, providerId } = request;
  if ((await tx.fundingProgramme.count({ where: { id: programmeId, areaId } })) === 0) {
    throw new NotFound(PROGRAMME, ['input', 'programmeId']);
  }
  if ((await tx.provider.count({ where: { id: providerId, areaId } })) === 0) {
    throw new NotFound(PROVIDER, ['input', 'providerId']);
  }
}
