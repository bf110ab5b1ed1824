import type { Database } from '../../src/database/database.ts';
import { newId } from '../../src/database/id.ts';
import { systemViewer, type Viewer } from '../../src/identity/viewer.ts';
import { type Book, type ChainedEntry, genesisOf, verifyChain } from '../../src/ledger/chain.ts';
import { balancesOf } from '../../src/ledger/transfer.ts';
import { DEFAULT_PROFILE } from '../../src/matching/index.ts';
import { dispatchOrders } from '../../src/orders/index.ts';
import { LIVE_ORDER_STATES, ORDER_TRANSITIONS } from '../../src/orders/lifecycle.ts';
import { moveOrder, type OrderMove } from '../../src/orders/order.store.ts';
import { NOW, type PlantedArea, signIn } from '../area.ts';

/** People of the small area, one a role. */
export type People = {
  readonly admin: Viewer;
  readonly staff: Viewer;
  readonly yang: Viewer;
  readonly wu: Viewer;
  readonly canteen: Viewer;
  readonly repair: Viewer;
  readonly mediators: Viewer;
};

export async function signInPeople(database: Database, area: PlantedArea): Promise<People> {
  const { areaId, communities, providers, residents } = area;
  return {
    admin: await signIn(database, areaId, 'AREA_ADMIN'),
    staff: await signIn(database, areaId, 'COMMUNITY_STAFF', { communityId: communities.dashizi }),
    yang: await signIn(database, areaId, 'RESIDENT', { residentId: residents.yang }),
    wu: await signIn(database, areaId, 'RESIDENT', { residentId: residents.wu }),
    canteen: await signIn(database, areaId, 'PROVIDER_STAFF', { providerId: providers.canteen }),
    repair: await signIn(database, areaId, 'PROVIDER_STAFF', { providerId: providers.repair }),
    mediators: await signIn(database, areaId, 'PROVIDER_STAFF', { providerId: providers.mediators }),
  };
}

/** Makes these services the current candidates of a need, best first, as a match run would. */
export async function plantCandidates(
  database: Database,
  areaId: string,
  needId: string,
  serviceIds: readonly string[],
): Promise<readonly string[]> {
  const profile = await database.prisma.scoringProfile.upsert({
    where: { areaId_name_version: { areaId, name: 'planted', version: 1 } },
    create: { areaId, name: 'planted', version: 1, weights: DEFAULT_PROFILE.weights },
    update: {},
  });
  const run = await database.prisma.matchRun.create({
    data: { areaId, profileId: profile.id, policy: 'OPTIMAL', state: 'COMPLETED', parameters: {}, startedAt: NOW },
  });
  await database.prisma.candidate.updateMany({ where: { needId }, data: { current: false } });
  const rows = serviceIds.map((serviceId, index) => ({
    id: newId(),
    matchRunId: run.id,
    needId,
    serviceId,
    rank: index + 1,
    score: 900_000 - index,
    factors: [],
  }));
  await database.prisma.candidate.createMany({ data: rows });
  return rows.map((row) => row.id);
}

/** A further service like another one of the area, of the same provider. */
export async function plantServiceLike(
  database: Database,
  serviceId: string,
  externalId: string,
  fields: { readonly places?: number | null; readonly providerId?: string } = {},
): Promise<string> {
  const { prisma } = database;
  const like = await prisma.service.findUniqueOrThrow({
    where: { id: serviceId },
    include: { categories: true, costOptions: true },
  });
  const { id } = await prisma.service.create({
    data: {
      areaId: like.areaId,
      providerId: fields.providerId ?? like.providerId,
      externalId,
      name: `${like.name} ${externalId}`,
      nature: like.nature,
      places: fields.places === undefined ? like.places : fields.places,
      capacityPeriod: like.capacityPeriod,
      publishedAt: NOW,
      categories: { create: like.categories.map(({ categoryId, position }) => ({ categoryId, position })) },
      costOptions: { create: like.costOptions.map(({ amountFen, unit }) => ({ amountFen, unit })) },
    },
  });
  return id;
}

/** A further need like another one of the area. */
export async function plantNeedLike(database: Database, needId: string, externalId: string): Promise<string> {
  const {
    id: _,
    externalId: __,
    preferredWindows: ___,
    state: ____,
    unmetReason: _____,
    ...like
  } = await database.prisma.need.findUniqueOrThrow({ where: { id: needId } });
  return (await database.prisma.need.create({ data: { ...like, externalId } })).id;
}

/** Everything that must hold at every moment, said in words; empty when all is well. */
export async function brokenInvariants(database: Database, areaId: string): Promise<readonly string[]> {
  const { prisma } = database;
  const broken: string[] = [];
  const orders = await prisma.order.findMany({
    where: { areaId },
    include: { events: { orderBy: { seq: 'asc' } }, transfers: true, need: true },
  });
  for (const order of orders) {
    const path = order.events.map((event) => `${event.fromState}>${event.toState}`);
    const isLegal = order.events.every(
      (event, index) =>
        event.seq === index + 1 &&
        (index === 0
          ? event.fromState === null && event.toState === 'DISPATCHED'
          : event.fromState === order.events[index - 1]!.toState &&
            ORDER_TRANSITIONS.some((row) => row.from === event.fromState && row.to === event.toState)),
    );
    if (!isLegal || order.events.at(-1)?.toState !== order.state)
      broken.push(`order path ${path.join(' ')} ${order.state}`);
    if (order.transfers.length === 0) broken.push(`order ${order.state} without transfers`);
    const served = order.state === 'CONFIRMED' ? BigInt(order.fulfilledQuantity ?? 0) : 0n;
    const ordered = BigInt(order.quantity);
    const isLive = (LIVE_ORDER_STATES as readonly string[]).includes(order.state);
    const transfers = order.transfers.filter(({ reversesId }) => reversesId === null);
    for (const [unit, ofUnit] of Map.groupBy(transfers, (transfer) => transfer.unit)) {
      let amounts = 0n;
      let postedOfAll = 0n;
      for (const { state, amount, postedAmount } of ofUnit) {
        const posted = postedAmount ?? 0n;
        amounts += amount;
        postedOfAll += posted;
        // A share in whole fen: rounded down, or up where the rounding of the others leaves one.
        const isShare = posted * ordered > amount * served - ordered && posted * ordered < amount * served + ordered;
        if (!isShare) broken.push(`${posted} posted of ${amount} for ${served} of ${ordered}`);
        const wanted = posted > 0n ? 'POSTED' : isLive ? 'PENDING' : 'VOIDED';
        if (state !== wanted) broken.push(`transfer ${state} of a ${order.state} order`);
      }
      const due = (amounts * served) / ordered;
      if (postedOfAll !== due) broken.push(`${postedOfAll} ${unit} posted of an order, not ${due}`);
    }
  }
  for (const [needId, ofNeed] of Map.groupBy(orders, (order) => order.needId)) {
    const live = ofNeed.filter(({ state }) => (LIVE_ORDER_STATES as readonly string[]).includes(state));
    if (live.length > 1) broken.push(`need ${needId} has ${live.length} live orders`);
  }
  for (const capacity of await prisma.serviceCapacity.findMany({
    where: { service: { areaId } },
    include: { orders: true },
  })) {
    const sum = (states: readonly string[]) =>
      capacity.orders
        .filter(({ state }) => states.includes(state))
        .reduce((total, { quantity }) => total + quantity, 0);
    if (capacity.reserved + capacity.consumed > capacity.places) broken.push('oversold');
    if (capacity.reserved !== sum(['DISPATCHED', 'ACCEPTED', 'IN_SERVICE']))
      broken.push(`reserved ${capacity.reserved}`);
    const consumed = capacity.orders.filter(({ fulfilledAt }) => fulfilledAt !== null);
    const served = consumed.reduce((total, { fulfilledQuantity }) => total + fulfilledQuantity!, 0);
    if (capacity.consumed !== served) broken.push(`consumed ${capacity.consumed}, served ${served}`);
  }
  for (const ledger of await prisma.ledger.findMany({
    where: { areaId },
    include: { entries: { orderBy: { seq: 'asc' } }, accounts: true, transfers: true },
  })) {
    const book: Book = {
      ledgerId: ledger.id,
      areaId: ledger.areaId,
      communityId: ledger.communityId,
      categoryId: ledger.categoryId,
    };
    const { position, broken: at } = verifyChain(
      ledger.id,
      genesisOf(book),
      ledger.entries as unknown as ChainedEntry[],
    );
    if (at !== null) broken.push(`chain ${JSON.stringify(at)}`);
    if (position.seq !== ledger.lastSeq || position.hash !== ledger.lastHash) broken.push('end of chain');
    for (const { id, debitsPending, debitsPosted, creditsPending, creditsPosted } of ledger.accounts) {
      const kept = { debitsPending, debitsPosted, creditsPending, creditsPosted };
      const summed = balancesOf(id, ledger.transfers);
      for (const key of Object.keys(summed) as (keyof typeof kept)[]) {
        if (kept[key] !== summed[key]) broken.push(`${key} of ${id}: ${kept[key]}, not ${summed[key]}`);
      }
    }
  }
  return broken;
}

/** An order of a need for a service that its provider has accepted; its id. */
export async function plantAccepted(
  database: Database,
  areaId: string,
  provider: Viewer,
  needId: string,
  serviceId: string,
): Promise<string> {
  const wanted = { needId, serviceId, mode: 'MATCH_RUN', matchRunId: null, candidateId: null } as const;
  const [outcome] = await database.transaction((tx) => dispatchOrders(tx, systemViewer(areaId), [wanted], NOW));
  if (outcome?.outcome !== 'DISPATCHED') throw new Error(`the order was ${outcome?.outcome}`);
  await movePlanted(database, provider, outcome.orderId, 'ACCEPTED');
  return outcome.orderId;
}

/** Moves an order on, as someone who may. */
export async function movePlanted(
  database: Database,
  viewer: Viewer,
  orderId: string,
  to: OrderMove['to'],
  reason: string | null = null,
): Promise<void> {
  const { version } = await database.prisma.order.findUniqueOrThrow({ where: { id: orderId } });
  await moveOrder(database, viewer, { orderId, version, to, reason }, NOW, async () => ({
    candidates: [],
    unmetReason: 'NO_CANDIDATE',
  }));
}
