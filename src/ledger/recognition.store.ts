import type { Database, Transaction } from '../database/database.ts';
import { NotFound } from '../failures.ts';
import type { LedgerUnit } from '../generated/prisma/enums.ts';
import { demand } from '../identity/policy.ts';
import type { Viewer } from '../identity/viewer.ts';
import { demandAvailable } from './available.store.ts';
import { AccountOverdrawn } from './correction.ts';
import { appendLedgerEntries } from './ledger.store.ts';
import { COMMUNITY } from './names.ts';
import { openTransfers } from './transfer.store.ts';

/** What a community recognises: volunteer hours (志愿时长) and points (积分). */
export type RecognitionUnit = Extract<LedgerUnit, 'VOLUNTEER_HOUR' | 'POINT'>;

/** Who holds recognition. */
export type Holder = { readonly residentId: string } | { readonly providerId: string };

/** Recognition that is to be given to someone, or spent by them, in the ledger of a category in a community. */
export type Recognition = {
  readonly communityId: string;
  readonly categoryId: string;
  readonly holder: Holder;
  readonly unit: RecognitionUnit;
  /** Whole and more than 0. */
  readonly amount: bigint;
  /** For what, in the words of who records it; it stands with the transfer, not in the chain. */
  readonly reason: string;
};

/**
 * Records that the community recognises someone's service (时长与积分登记): a posted transfer from the community's recognition to
 * what they hold.
 *
 * @returns the id of the transfer
 * @throws NotFound, NotSignedIn, NotAllowed, PeriodClosed
 */
export function recordRecognition(
  database: Database,
  viewer: Viewer,
  recognition: Recognition,
  now: Date,
): Promise<string> {
  return moveRecognition(database, viewer, recognition, 'GIVEN', now);
}

/**
 * Records that someone spends recognition that they hold in this ledger (时长与积分兑换); it goes back to the community.
 *
 * @returns the id of the transfer
 * @throws as `recordRecognition`, and AccountOverdrawn where they hold less
 */
export function spendRecognition(
  database: Database,
  viewer: Viewer,
  recognition: Recognition,
  now: Date,
): Promise<string> {
  return moveRecognition(database, viewer, recognition, 'SPENT', now);
}

async function moveRecognition(
  database: Database,
  viewer: Viewer,
  { communityId, categoryId, holder, unit, amount, reason }: Recognition,
  way: 'GIVEN' | 'SPENT',
  now: Date,
): Promise<string> {
  const { areaId } = viewer;
  demand(viewer, 'recognition.record', { areaId, communityId }, 'ledger.read', COMMUNITY);
  await demandParts(database, viewer, communityId, categoryId, holder);
  const ownerId = 'residentId' in holder ? holder.residentId : holder.providerId;
  const recognised = { kind: 'COMMUNITY_RECOGNITION', ownerId: null } as const;
  const held = { kind: 'RECOGNITION_HELD', ownerId } as const;
  const sides = way === 'GIVEN' ? { debit: recognised, credit: held } : { debit: held, credit: recognised };
  const book = { communityId, categoryId };
  const transfer = {
    ...book,
    ...sides,
    amount,
    unit,
    orderId: null,
    actorId: viewer.userId,
    state: 'POSTED',
    reason,
  } as const;
  const record = async (tx: Transaction): Promise<string> => {
    if (way === 'SPENT') await demandHeld(tx, communityId, categoryId, ownerId, unit, amount);
    const entries = await openTransfers(tx, areaId, [transfer], now);
    await appendLedgerEntries(tx, areaId, entries, now);
    return entries[0]!.subjectId;
  };
  return database.transaction(record, { answerId: (id) => id });
}

/** A resident is recognised by their own community; a provider by any that it serves. */
async function demandParts(
  { prisma }: Database,
  { areaId }: Viewer,
  communityId: string,
  categoryId: string,
  holder: Holder,
): Promise<void> {
  const at = (name: string): readonly string[] => ['input', name];
  if ((await prisma.community.count({ where: { id: communityId, areaId } })) === 0) {
    throw new NotFound(COMMUNITY, at('communityId'));
  }
  if ((await prisma.category.count({ where: { id: categoryId, areaId } })) === 0) {
    throw new NotFound({ zh: '类别', en: 'category' }, at('categoryId'));
  }
  if ('residentId' in holder) {
    const residents = await prisma.resident.count({ where: { id: holder.residentId, communityId, erasedAt: null } });
    if (residents === 0) throw new NotFound({ zh: '居民', en: 'resident' }, at('residentId'));
  } else if ((await prisma.provider.count({ where: { id: holder.providerId, areaId } })) === 0) {
    throw new NotFound({ zh: '供给主体', en: 'provider' }, at('providerId'));
  }
}

async function demandHeld(
  tx: Transaction,
  communityId: string,
  categoryId: string,
  ownerId: string,
  unit: RecognitionUnit,
  amount: bigint,
): Promise<void> {
  const accounts = await tx.account.findMany({
    where: {
      ledger: { communityId, categoryId },
      unit,
      OR: [{ kind: 'RECOGNITION_HELD', ownerId }, { kind: 'COMMUNITY_RECOGNITION' }],
    },
    select: { id: true, kind: true },
  });
  const held = accounts.find(({ kind }) => kind === 'RECOGNITION_HELD');
  if (held === undefined) throw new AccountOverdrawn(0n);
  await demandAvailable(
    tx,
    accounts.map(({ id }) => id),
    held.id,
    amount,
  );
}

/** What someone holds over all ledgers, one a unit. Of the ledgers themselves they need not see anything. */
export function readHeldRecognition(
  db: Transaction,
  holder: Holder,
): Promise<readonly { readonly unit: RecognitionUnit; readonly held: bigint }[]> {
  const ownerId = 'residentId' in holder ? holder.residentId : holder.providerId;
  return db.$queryRaw`
    SELECT unit::text, sum(credits_posted - debits_posted - debits_pending)::bigint AS held
    FROM accounts
    WHERE kind = 'RECOGNITION_HELD' AND owner_id = ${ownerId}::uuid
    GROUP BY unit ORDER BY unit`;
}
