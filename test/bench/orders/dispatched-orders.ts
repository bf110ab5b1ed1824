import type { Database } from '../../../src/database/database.ts';
import { newId } from '../../../src/database/id.ts';
import { systemViewer } from '../../../src/identity/viewer.ts';
import { dispatchOrders } from '../../../src/orders/dispatch.store.ts';

/** An order that waits for its provider, and whose it is. */
export type PlantedOrder = {
  readonly orderId: string;
  /** External id of its provider. */
  readonly provider: string;
};

const ORDERS_PER_TRANSACTION = 2000;

/**
 * Plants an area of one community with dispatched orders, of as many ledgers and providers as are asked for by turns, each
 * order of a need of its own, so that nothing but ledgers and providers is shared.
 */
export async function plantDispatchedOrders(
  database: Database,
  { orders, ledgers, providers }: { readonly orders: number; readonly ledgers: number; readonly providers: number },
): Promise<{ readonly areaId: string; readonly planted: readonly PlantedOrder[] }> {
  const { prisma } = database;
  const { id: areaId } = await prisma.area.create({ data: { code: newId(), name: '区域', utcOffsetMinutes: 480 } });
  const community = await prisma.community.create({
    data: { areaId, externalId: 'C', name: '社区', population: 1, latitude: 26.5, longitude: 108 },
  });
  const hours = { acceptWithinHours: 24, completeWithinHours: 72 };
  const categories = await prisma.category.createManyAndReturn({
    data: Array.from({ length: ledgers }, (_, n) => {
      return { areaId, code: `K${n}`, name: `K${n}`, roomClass: 'SOCIAL' as const, unit: 'VISIT' as const, ...hours };
    }),
  });
  const suppliers = await prisma.provider.createManyAndReturn({
    data: Array.from({ length: providers }, (_, n) => ({ areaId, externalId: `P${n}`, name: `P${n}`, kind: 'SOCIAL' })),
  });
  const services = Array.from({ length: ledgers * providers }, (_, n) => {
    return { id: newId(), categoryId: categories[n % ledgers]!.id, provider: suppliers[Math.floor(n / ledgers)]! };
  });
  const about = { areaId, nature: 'COMMERCIAL', publishedAt: new Date() } as const;
  await prisma.service.createMany({
    data: services.map(({ id, provider }, n) => {
      return { id, providerId: provider.id, externalId: `S${n}`, name: `S${n}`, ...about };
    }),
  });
  await prisma.serviceCategory.createMany({
    data: services.map(({ id, categoryId }) => ({ serviceId: id, categoryId, position: 0 })),
  });
  const planted: PlantedOrder[] = [];
  while (planted.length < orders) {
    const pairs = Array.from({ length: Math.min(ORDERS_PER_TRANSACTION, orders - planted.length) }, (_, index) => {
      const n = planted.length + index;
      return { needId: newId(), n, service: services[(n % ledgers) + ledgers * (n % providers)]! };
    });
    await prisma.need.createMany({
      data: pairs.map(({ needId, n, service: { categoryId } }) => {
        const need = { title: '需求', channel: 'IMPORT' as const, urgency: 3, registeredAt: new Date() };
        return { id: needId, areaId, communityId: community.id, categoryId, externalId: `N${n}`, ...need };
      }),
    });
    const dispatches = pairs.map(({ needId, service }) => {
      return { needId, serviceId: service.id, mode: 'MATCH_RUN', matchRunId: null, candidateId: null } as const;
    });
    const outcomes = await database.transaction(
      (tx) => dispatchOrders(tx, systemViewer(areaId), dispatches, new Date()),
      { timeoutMs: 120_000 },
    );
    planted.push(
      ...outcomes.map(({ orderId }, index) => {
        return { orderId: orderId!, provider: pairs[index]!.service.provider.externalId };
      }),
    );
  }
  await prisma.$executeRaw`ANALYZE`;
  return { areaId, planted };
}
