import { appendAudit } from '../audit/index.ts';
import type { Database, Transaction } from '../database/database.ts';
import { newId } from '../database/id.ts';
import { InvalidInput, NotFound } from '../failures.ts';
import { demand } from '../identity/policy.ts';
import type { Viewer } from '../identity/viewer.ts';
import { type AccountBalances, readBalancesAt } from './balances.store.ts';
import type { JsonObject } from './chain.ts';
import { appendLedgerEntries } from './ledger.store.ts';
import { COMMUNITY, LEDGER } from './names.ts';
import { CLOSING_DELAY_MS, lastMonthEnd, PeriodClosed } from './period.ts';

/** Which ledgers are to be closed: one, those of a community, or all of the area. */
export type ClosingScope =
  | { readonly ledgerId: string }
  | { readonly communityId: string }
  | { readonly wholeArea: true };

/** What a closing did. */
export type Closing = {
  /** The instant up to which the ledgers are closed now, itself not in the period. */
  readonly until: Date;
  /** Ledgers that it closed. */
  readonly closed: number;
  /** Ledgers that were closed up to then, or further, already. */
  readonly closedBefore: number;
};

/**
 * Closes the period of ledgers (结账): the balances as of its end, recomputed from the transfers, are kept with it and recorded
 * in the chain, and nothing more is entered before that end. Each ledger is closed in a transaction of its own, so that no
 * two wait for each other; one that is interrupted goes on when it is called again.
 *
 * @param until end of the period, itself not in it; the last month end of local time where nothing is said
 * @throws NotFound, NotSignedIn, NotAllowed; InvalidInput for an end that lies less than `CLOSING_DELAY_MS` back
 */
export async function closeLedgers(
  database: Database,
  viewer: Viewer,
  scope: ClosingScope,
  until: Date | null,
  now: Date,
): Promise<Closing> {
  const ledgers = await demandLedgers(database, viewer, scope);
  const end = await endOfPeriod(database, viewer.areaId, until, now);
  const answerId = () =>
    'ledgerId' in scope ? scope.ledgerId : 'communityId' in scope ? scope.communityId : viewer.areaId;
  const open = ledgers.filter(({ closedBefore }) => closedBefore === null || closedBefore < end);
  // Where there is nothing to close, the answer is kept for a client's key all the same.
  if (open.length === 0) await database.transaction(async () => null, { answerId });
  let closed = 0;
  for (const { id } of open) {
    const periodId = await database.transaction((tx) => closeLedger(tx, viewer, id, end, now), { answerId });
    if (periodId !== null) closed += 1;
  }
  return { until: end, closed, closedBefore: ledgers.length - closed };
}

/**
 * Goes on with a closing that was asked for earlier and may have been interrupted: what it left open is closed up to the end
 * that it had, though a later month may have ended by now.
 *
 * @param until as it was asked for
 * @param askedAt when it was asked for
 * @throws as `closeLedgers`
 */
export async function finishClosing(
  database: Database,
  viewer: Viewer,
  scope: ClosingScope,
  until: Date | null,
  askedAt: Date,
  now: Date,
): Promise<Closing> {
  const end = await endOfPeriod(database, viewer.areaId, until, askedAt);
  return closeLedgers(database, viewer, scope, end, now);
}

/**
 * As `closeLedgers`, of one ledger.
 *
 * @returns the id of the period
 * @throws as `closeLedgers`, and PeriodClosed for a ledger that is closed beyond that end
 */
export async function closeLedgerPeriod(
  database: Database,
  viewer: Viewer,
  ledgerId: string,
  until: Date | null,
  now: Date,
): Promise<string> {
  await demandLedgers(database, viewer, { ledgerId });
  const end = await endOfPeriod(database, viewer.areaId, until, now);
  return database.transaction(
    async (tx) => {
      const closed = await closeLedger(tx, viewer, ledgerId, end, now);
      if (closed !== null) return closed;
      const period = await tx.ledgerPeriod.findUnique({ where: { ledgerId_periodTo: { ledgerId, periodTo: end } } });
      if (period === null) throw new PeriodClosed(end);
      return period.id;
    },
    { answerId: (periodId) => periodId },
  );
}

async function demandLedgers(
  { prisma }: Database,
  viewer: Viewer,
  scope: ClosingScope,
): Promise<readonly { readonly id: string; readonly closedBefore: Date | null }[]> {
  const { areaId } = viewer;
  if ('communityId' in scope || 'wholeArea' in scope) {
    const communityId = 'communityId' in scope ? scope.communityId : null;
    if (communityId !== null && (await prisma.community.count({ where: { id: communityId, areaId } })) === 0) {
      throw new NotFound(COMMUNITY, ['input', 'communityId']);
    }
    demand(viewer, 'ledger.close', { areaId, communityId }, 'ledger.read', LEDGER);
    const where = { areaId, ...(communityId === null ? {} : { communityId }) };
    return prisma.ledger.findMany({ where, select: { id: true, closedBefore: true }, orderBy: { id: 'asc' } });
  }
  const ledger = await prisma.ledger.findFirst({ where: { id: scope.ledgerId, areaId } });
  const path = ['input', 'ledgerId'];
  if (ledger === null) throw new NotFound(LEDGER, path);
  demand(viewer, 'ledger.close', ledger, 'ledger.read', LEDGER, path);
  return [ledger];
}

async function endOfPeriod({ prisma }: Database, areaId: string, until: Date | null, now: Date): Promise<Date> {
  if (until === null) {
    const { utcOffsetMinutes } = await prisma.area.findUniqueOrThrow({ where: { id: areaId } });
    return lastMonthEnd(now, utcOffsetMinutes);
  }
  if (until.getTime() > now.getTime() - CLOSING_DELAY_MS) {
    const minutes = CLOSING_DELAY_MS / 60_000;
    throw InvalidInput.at(
      ['input', 'until'],
      'too_late',
      `账期结束${minutes}分钟后方可结账`,
      `a period can be closed ${minutes} minutes after its end`,
    );
  }
  return until;
}

/** @returns the id of the period; `null` for a ledger that was closed up to then, or further, already */
async function closeLedger(
  tx: Transaction,
  viewer: Viewer,
  ledgerId: string,
  until: Date,
  now: Date,
): Promise<string | null> {
  const { areaId, userId } = viewer;
  const [ledger] = await tx.$queryRaw<LockedLedger[]>`
    SELECT community_id AS "communityId", category_id AS "categoryId", closed_before AS "closedBefore"
    FROM ledgers WHERE id = ${ledgerId}::uuid FOR NO KEY UPDATE`;
  const { communityId, categoryId, closedBefore } = ledger!;
  if (closedBefore !== null && closedBefore >= until) return null;
  const balances = await readBalancesAt(tx, [ledgerId], until);
  const periodId = newId();
  const [period] = await tx.$queryRaw<{ closingSeq: number }[]>`
    INSERT INTO ledger_periods (id, ledger_id, period_to, closing_seq, closed_at, closed_by_id)
    SELECT ${periodId}::uuid, ${ledgerId}::uuid, ${until}, COALESCE(max(seq), 0), ${now}, ${userId}::uuid
    FROM ledger_entries WHERE ledger_id = ${ledgerId}::uuid AND at < ${until}
    RETURNING closing_seq AS "closingSeq"`;
  const lines = balances.map(balanceLine);
  await tx.$executeRaw`
    INSERT INTO ledger_period_balances (period_id, account_id, debits_pending, debits_posted, credits_pending, credits_posted)
    SELECT ${periodId}::uuid, "accountId", "debitsPending", "debitsPosted", "creditsPending", "creditsPosted"
    FROM jsonb_to_recordset(${JSON.stringify(lines)}::jsonb) AS row (
      "accountId" uuid, "debitsPending" bigint, "debitsPosted" bigint, "creditsPending" bigint, "creditsPosted" bigint
    )`;
  const body = { periodId, periodTo: until.toISOString(), closingSeq: period!.closingSeq, balances: lines };
  const entry = { communityId, categoryId, kind: 'PERIOD_CLOSED', subjectId: ledgerId, actorId: userId, body } as const;
  await appendLedgerEntries(tx, areaId, [entry], now);
  const closing = { ledgerId, periodTo: until.toISOString() };
  await appendAudit(
    tx,
    viewer,
    { action: 'ledger.close', subjectType: 'LedgerPeriod', subjectId: periodId, body: closing },
    now,
  );
  return periodId;
}

type LockedLedger = {
  readonly communityId: string | null;
  readonly categoryId: string;
  readonly closedBefore: Date | null;
};

/** What the chain says of an account at the end of a period; amounts are strings of digits. */
function balanceLine({ accountId, ...held }: AccountBalances): JsonObject {
  return {
    accountId,
    debitsPending: held.debitsPending.toString(),
    debitsPosted: held.debitsPosted.toString(),
    creditsPending: held.creditsPending.toString(),
    creditsPosted: held.creditsPosted.toString(),
  };
}
