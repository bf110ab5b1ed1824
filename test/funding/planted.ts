import type { Database } from '../../src/database/database.ts';
import { writeProgrammes } from '../../src/funding/programme.store.ts';
import { type ProgrammeRow, programmeInput } from '../../src/funding/programme.ts';
import { systemViewer, type Viewer } from '../../src/identity/viewer.ts';
import { dispatchOrders } from '../../src/orders/dispatch.store.ts';
import { moveOrder } from '../../src/orders/order.store.ts';
import { NOW, type PlantedArea } from '../area.ts';

/** A programme that pays half of the price of anything, in force this year, with 1,000 yuan. */
const HALF = {
  name: '助老补贴',
  source: 'PROJECT_SUBSIDY',
  budgetFen: 100_000,
  validFrom: new Date('2026-01-01T00:00:00Z'),
  validTo: new Date('2027-01-01T00:00:00Z'),
  shareBasisPoints: 5000,
} as const;

/** Writes a programme like `HALF` and gives its id. */
export async function plantProgramme(
  database: Database,
  areaId: string,
  externalId: string,
  fields: Partial<ProgrammeRow> = {},
): Promise<string> {
  const row = programmeInput.parse({ ...HALF, externalId, ...fields });
  const [written] = await database.transaction((tx) => writeProgrammes(tx, areaId, [row], NOW));
  if (written!.outcome === 'REJECTED') throw new Error(JSON.stringify(written));
  return written!.id;
}

/** Dispatches pairs of need and service at once. */
export function dispatchPairs(
  database: Database,
  areaId: string,
  pairs: readonly (readonly [needId: string, serviceId: string])[],
  now = NOW,
) {
  const dispatches = pairs.map(([needId, serviceId]) => ({
    needId,
    serviceId,
    mode: 'MATCH_RUN' as const,
    matchRunId: null,
    candidateId: null,
  }));
  return database.transaction((tx) => dispatchOrders(tx, systemViewer(areaId), dispatches, now));
}

const NOBODY_NEXT = async () => ({ candidates: [], unmetReason: 'ALL_DECLINED' });

/** Moves an order along these states as the system. */
export async function walkOrder(
  database: Database,
  area: PlantedArea,
  orderId: string,
  states: readonly ('ACCEPTED' | 'IN_SERVICE' | 'FULFILLED' | 'CONFIRMED' | 'CANCELLED' | 'DECLINED')[],
  { viewer = systemViewer(area.areaId), now = NOW }: { readonly viewer?: Viewer; readonly now?: Date } = {},
): Promise<void> {
  for (const to of states) {
    const { version } = await database.prisma.order.findUniqueOrThrow({ where: { id: orderId } });
    await moveOrder(database, viewer, { orderId, version, to, reason: '…' }, now, NOBODY_NEXT);
  }
}

/** The way from dispatch to the posted transfers. */
export const TO_CONFIRMED = ['ACCEPTED', 'IN_SERVICE', 'FULFILLED', 'CONFIRMED'] as const;

/** The parts of an order's price in words, in their order. */
export async function partsOf(database: Database, orderId: string): Promise<readonly string[]> {
  const parts = await database.prisma.orderPricePart.findMany({
    where: { orderId },
    orderBy: { position: 'asc' },
    include: { programme: true },
  });
  return parts.map(({ payer, programme, amountFen }) => `${programme?.externalId ?? payer} ${amountFen}`);
}

/** What must hold of every programme of an area, said in words; empty when all is well. */
export async function brokenFunding(database: Database, areaId: string): Promise<readonly string[]> {
  const programmes = await database.prisma.fundingProgramme.findMany({
    where: { areaId },
    include: { transfers: { include: { order: { include: { need: true } }, reversedBy: true } }, usages: true },
  });
  return programmes.flatMap(({ externalId, budgetFen, reservedFen, spentFen, transfers, usages, ...terms }) => {
    const paid = transfers.filter(({ reversesId }) => reversesId === null);
    const amountOf = (t: (typeof paid)[number]) =>
      t.state === 'PENDING' ? t.amount : (t.postedAmount ?? 0n) - (t.reversedBy?.amount ?? 0n);
    const sum = (which: typeof paid) => which.reduce((total, transfer) => total + amountOf(transfer), 0n);
    const reserved = sum(paid.filter(({ state }) => state === 'PENDING'));
    const spent = sum(paid.filter(({ state }) => state === 'POSTED'));
    return [
      ...(reserved === reservedFen ? [] : [`${externalId} reserved ${reservedFen}, not ${reserved}`]),
      ...(spent === spentFen ? [] : [`${externalId} spent ${spentFen}, not ${spent}`]),
      ...(reserved + spent <= budgetFen ? [] : [`${externalId} overspent`]),
      ...usages.flatMap(({ ownerId, usedFen }) => {
        const owned = paid.filter(({ order }) => order!.providerId === ownerId || order!.need.residentId === ownerId);
        const isProvider = owned.some(({ order }) => order!.providerId === ownerId);
        const cap = isProvider ? terms.capPerProviderFen : terms.capPerResidentFen;
        return [
          ...(sum(owned) === usedFen ? [] : [`${externalId} used ${usedFen} of ${ownerId}, not ${sum(owned)}`]),
          ...(cap === null || usedFen <= cap ? [] : [`${externalId} cap of ${ownerId}`]),
        ];
      }),
    ];
  });
}
