import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { NotAllowed } from '../../src/failures.ts';
import { systemViewer, type Viewer } from '../../src/identity/viewer.ts';
import { appendLedgerEntries } from '../../src/ledger/index.ts';
import { dispatchOrders } from '../../src/orders/index.ts';
import { execute, globalId, NOW, type PlantedArea, plantArea, signIn } from '../area.ts';
import { scratchDatabase } from '../database/scratch.ts';

describe('ledgers over GraphQL', () => {
  let database: Database;
  let area: PlantedArea;
  let orderId: string;
  beforeAll(async () => {
    database = await scratchDatabase('EMBEDDED');
    area = await plantArea(database);
    const { needs, services, categories, areaId } = area;
    const dispatch = {
      needId: needs.yangMeal,
      serviceId: services.lunch,
      mode: 'MATCH_RUN',
      matchRunId: null,
      candidateId: null,
    } as const;
    const [outcome] = await database.transaction((tx) => dispatchOrders(tx, systemViewer(areaId), [dispatch], NOW));
    orderId = outcome!.orderId!;
    const published = {
      communityId: null,
      categoryId: categories['ELDER.MEAL']!,
      kind: 'SERVICE_PUBLISHED',
      subjectId: services.lunch,
      actorId: null,
      body: { nature: 'PUBLIC_BENEFIT' },
    } as const;
    await database.transaction((tx) => appendLedgerEntries(tx, areaId, [published], NOW));
  });
  afterAll(() => database.close());

  const LIST = `query ($categoryId: ID) { ledgers(categoryId: $categoryId) { totalCount nodes {
    community { name } category { name } lastSeq lastHash
    entries(first: 2) { totalCount nodes { seq kind subjectId hash prevHash body } }
    orders: entries(kind: ORDER_EVENT) { totalCount }
    accounts { nodes { kind unit ownerId debitsPending creditsPending balance } }
    transfers(state: PENDING) { totalCount nodes { amount unit orderId debitAccount { kind } creditAccount { kind } } }
  } } }`;
  const list = async (viewer: Viewer, variables: Record<string, unknown> = {}) =>
    (await execute(database, viewer, LIST, variables)).ledgers;

  it('show the area’s auditor every book, its newest entries and its accounts', async () => {
    const auditor = await signIn(database, area.areaId, 'AUDITOR');
    const { totalCount, nodes } = await list(auditor, {
      categoryId: globalId('Category', area.categories['ELDER.MEAL']!),
    });
    expect(totalCount).toBe(2);
    const [book, wholeArea] = nodes;
    expect(wholeArea).toMatchObject({
      community: null,
      lastSeq: 1,
      entries: { nodes: [{ kind: 'SERVICE_PUBLISHED' }] },
    });
    expect(book).toMatchObject({
      community: { name: '大十字社区' },
      category: { name: '老年助餐' },
      lastSeq: 3,
      entries: { totalCount: 3, nodes: [{ seq: 3, kind: 'TRANSFER' }, { seq: 2 }] },
      orders: { totalCount: 1 },
    });
    expect(book.entries.nodes[0]).toMatchObject({ hash: book.lastHash, prevHash: book.entries.nodes[1].hash });
    expect(book.accounts.nodes).toHaveLength(4);
    expect(book.accounts.nodes).toContainEqual({
      kind: 'RESIDENT_PAYMENT',
      unit: 'FEN',
      ownerId: globalId('Resident', area.residents.yang),
      debitsPending: '800',
      creditsPending: '0',
      balance: '0',
    });
    expect(book.transfers.nodes.map((transfer: { orderId: string }) => transfer.orderId)).toEqual(
      Array(2).fill(globalId('Order', orderId)),
    );
  });

  it('show staff the books of their community only, and others none', async () => {
    const staff = (communityId: string) => signIn(database, area.areaId, 'COMMUNITY_STAFF', { communityId });
    expect((await list(await staff(area.communities.dashizi))).totalCount).toBe(1);
    expect((await list(await staff(area.communities.yatang))).totalCount).toBe(0);
    const provider = await signIn(database, area.areaId, 'PROVIDER_STAFF', { providerId: area.providers.canteen });
    await expect(list(provider)).rejects.toThrow(NotAllowed);
  });
});
