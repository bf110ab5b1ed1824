import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { newId } from '../../src/database/id.ts';
import { asSystem } from '../../src/database/row-wall.ts';
import { sqlStateOf } from '../../src/database/sql-state.ts';
import type { Role } from '../../src/generated/prisma/enums.ts';
import { databaseFor, rowScopeOf } from '../../src/identity/row-scope.ts';
import { anonymousViewer, type Grant, systemViewer, type Viewer } from '../../src/identity/viewer.ts';
import { execute, globalId, NOW, type PlantedArea, plantArea, signIn } from '../area.ts';
import { DATABASE_KINDS, scratchDatabase } from '../database/scratch.ts';
import { dispatchPairs, TO_CONFIRMED, walkOrder } from '../funding/planted.ts';
import { plantCandidates, signInPeople } from '../orders/planted.ts';

/** Tables that no viewer has to do with. */
const CLOSED = ['audit_chains', 'timers'];
/** Tables of no area. */
const OF_NO_AREA = ['need_transitions', 'order_transitions'];
/** Tables whose rows hang on a person, an order or a community's books. */
const PERSONAL = [
  'residents',
  'resident_keys',
  'resident_reveals',
  'caregivings',
  'needs',
  'need_preferences',
  'orders',
  'order_events',
  'order_price_parts',
  'appraisals',
  'contact_views',
  'ledgers',
  'ledger_entries',
  'accounts',
  'transfers',
  'notices',
] as const;

type People = Readonly<
  Record<'admin' | 'staff' | 'grid' | 'yang' | 'wu' | 'canteen' | 'repair' | 'analyst' | 'auditor' | 'stranger', Viewer>
>;

/** Of the area: Mrs Yang's lunch accepted, Mr Wu's pipe paid for and appraised, candidates and notices for all. */
async function furnish(database: Database, area: PlantedArea): Promise<People> {
  const { areaId, needs, services, communities, residents } = area;
  const { prisma } = database;
  const { admin, staff, yang, wu, canteen, repair } = await signInPeople(database, area);
  for (const needId of Object.values(needs)) {
    await plantCandidates(database, areaId, needId, [services.lunch]);
    await prisma.needPreference.create({ data: { needId, kind: 'PREFER', serviceId: services.lunch } });
  }
  for (const residentId of Object.values(residents)) {
    await prisma.residentKey.create({ data: { residentId, keyId: 'test', wrapped: 'x' } });
  }
  const outcomes = await dispatchPairs(database, areaId, [
    [needs.yangMeal, services.lunch],
    [needs.wuPipe, services.plumbing],
  ]);
  const [lunch, pipe] = outcomes.map(({ orderId }) => orderId!);
  await walkOrder(database, area, lunch!, TO_CONFIRMED.slice(0, 1));
  await walkOrder(database, area, pipe!, TO_CONFIRMED);
  await prisma.appraisal.create({ data: { orderId: pipe!, mark: 5, resolved: true, at: NOW } });
  for (const communityId of Object.values(communities)) {
    await prisma.notice.create({ data: { areaId, kind: 'ESCALATED_ATTEMPTS', communityId, at: NOW } });
  }
  const categoryId = area.categories.MEDIATION!;
  await database.transaction((tx) =>
    tx.ledger.create({ data: { areaId, communityId: communities.yatang, categoryId, lastHash: '' } }),
  );
  const person = (role: Role, over: Partial<Grant> = {}) => signIn(database, areaId, role, over);
  return {
    admin,
    staff,
    grid: await person('GRID_WORKER', { communityId: communities.yatang }),
    yang,
    wu,
    canteen,
    repair,
    analyst: await person('ANALYST'),
    auditor: await person('AUDITOR'),
    stranger: anonymousViewer(areaId),
  };
}

describe.each(DATABASE_KINDS)('the wall of rows on the %s database', (kind) => {
  let database: Database;
  let area: PlantedArea;
  let people: People;
  let elsewhere: People;
  let tables: readonly string[];
  beforeAll(async () => {
    database = await scratchDatabase(kind);
    area = await plantArea(database);
    people = await furnish(database, area);
    elsewhere = await furnish(database, await plantArea(database, 'ELSEWHERE'));
    const walled = await database.read<{ name: string }>(
      `SELECT DISTINCT tablename AS name FROM pg_policies WHERE schemaname = 'public' ORDER BY 1`,
      [],
    );
    tables = walled.map(({ name }) => name);
  });
  afterAll(() => database.close());

  /** Where the rows lie that the viewer sees of a table, when nothing but the database is asked. */
  const rowsSeen = async (viewer: Viewer, table: string): Promise<readonly string[]> => {
    const rows = await databaseFor(viewer, database).prisma.$queryRawUnsafe<{ at: string }[]>(
      `SELECT ctid::text AS at FROM "${table}"`,
    );
    return rows.map(({ at }) => at);
  };
  const namesSeen = async (viewer: Viewer, table: string, column: string): Promise<readonly string[]> => {
    const rows = await databaseFor(viewer, database).read<{ name: string }>(
      `SELECT ${column}::text AS name FROM ${table} ORDER BY 1`,
      [],
    );
    return rows.map(({ name }) => name);
  };

  it('stands around every table, and every trigger looks over it', async () => {
    const open = await database.read<{ name: string }>(
      `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
        AND relname <> '_prisma_migrations' AND NOT (relrowsecurity AND (relname = ANY($1)
          OR EXISTS (SELECT FROM pg_policies WHERE tablename = relname AND 'liangdan_viewer' = ANY(roles))))`,
      [CLOSED],
    );
    expect(open).toEqual([]);
    const short = await database.read<{ name: string }>(
      `SELECT proname AS name FROM pg_proc
        WHERE prorettype = 'trigger'::regtype AND pronamespace = 'public'::regnamespace AND NOT prosecdef`,
      [],
    );
    expect(short).toEqual([]);
  });

  it('lets nobody through who does not say who they are', async () => {
    for (const table of tables.filter((name) => !OF_NO_AREA.includes(name))) {
      const count = await database.transaction(async (tx) => {
        await tx.$executeRaw`SELECT set_config('role', 'liangdan_viewer', true)`;
        const [row] = await tx.$queryRawUnsafe<{ count: number }[]>(`SELECT count(*)::int AS count FROM "${table}"`);
        return row!.count;
      });
      expect([table, count]).toEqual([table, 0]);
    }
  });

  it('shows no row of one area to anybody of another', async () => {
    let shown = 0;
    for (const table of tables.filter((name) => !OF_NO_AREA.includes(name))) {
      const theirs = new Set(await rowsSeen(elsewhere.admin, table));
      for (const viewer of [people.admin, people.auditor, people.staff, people.canteen, people.stranger]) {
        const seen = await rowsSeen(viewer, table);
        shown += seen.length;
        expect([table, seen.filter((at) => theirs.has(at))]).toEqual([table, []]);
      }
    }
    expect(shown).toBeGreaterThan(100);
  });

  it.each([
    [
      'residents',
      'external_id',
      {
        admin: ['R01', 'R02', 'R03'],
        staff: ['R01', 'R03'],
        grid: ['R02'],
        yang: ['R01'],
        wu: ['R03'],
        // The pipe is mended: who had it is no matter of the repair shop any more.
        canteen: ['R01'],
        repair: [],
        analyst: [],
        auditor: [],
        stranger: [],
      },
    ],
    [
      'needs',
      'external_id',
      {
        admin: ['N01', 'N02', 'N03', 'N04'],
        staff: ['N01', 'N03', 'N04'],
        grid: ['N02'],
        yang: ['N01'],
        wu: ['N03', 'N04'],
        canteen: ['N01'],
        repair: ['N03'],
        analyst: [],
        auditor: ['N01', 'N03'],
        stranger: [],
      },
    ],
    [
      'orders',
      'state',
      {
        admin: ['ACCEPTED', 'CONFIRMED'],
        staff: ['ACCEPTED', 'CONFIRMED'],
        grid: [],
        yang: ['ACCEPTED'],
        wu: ['CONFIRMED'],
        canteen: ['ACCEPTED'],
        repair: ['CONFIRMED'],
        analyst: [],
        auditor: ['ACCEPTED', 'CONFIRMED'],
        stranger: [],
      },
    ],
    [
      'appraisals',
      'mark',
      {
        admin: ['5'],
        staff: ['5'],
        grid: [],
        yang: [],
        wu: ['5'],
        canteen: [],
        repair: ['5'],
        analyst: [],
        auditor: ['5'],
        stranger: [],
      },
    ],
    [
      'resident_keys',
      'key_id',
      {
        admin: ['test', 'test', 'test'],
        staff: ['test', 'test'],
        grid: ['test'],
        yang: ['test'],
        wu: ['test'],
        canteen: ['test'],
        repair: [],
        analyst: [],
        auditor: [],
        stranger: [],
      },
    ],
    [
      'notices',
      'kind',
      {
        admin: ['ESCALATED_ATTEMPTS', 'ESCALATED_ATTEMPTS'],
        staff: ['ESCALATED_ATTEMPTS'],
        grid: ['ESCALATED_ATTEMPTS'],
        yang: [],
        wu: [],
        canteen: [],
        repair: [],
        analyst: [],
        auditor: ['ESCALATED_ATTEMPTS', 'ESCALATED_ATTEMPTS'],
        stranger: [],
      },
    ],
    [
      'communities',
      'external_id',
      {
        admin: ['C01', 'C02'],
        staff: ['C01', 'C02'],
        grid: ['C01', 'C02'],
        yang: ['C01', 'C02'],
        wu: ['C01', 'C02'],
        canteen: ['C01', 'C02'],
        repair: ['C01', 'C02'],
        analyst: ['C01', 'C02'],
        auditor: ['C01', 'C02'],
        stranger: ['C01', 'C02'],
      },
    ],
  ] as const)(
    'shows of %s, where no policy of the application is asked, only what is theirs',
    async (table, column, expected) => {
      for (const [name, rows] of Object.entries(expected)) {
        expect([name, await namesSeen(people[name as keyof People], table, column)]).toEqual([name, rows]);
      }
    },
  );

  it('keeps the books, the persons and the orders of two communities apart', async () => {
    const { communities, areaId } = area;
    const other = await signIn(database, areaId, 'COMMUNITY_STAFF', { communityId: communities.yatang });
    const shared: string[] = [];
    for (const table of PERSONAL) {
      const seen = new Set(await rowsSeen(other, table));
      if ((await rowsSeen(people.staff, table)).some((at) => seen.has(at))) shared.push(table);
    }
    expect(shared).toEqual([]);
    expect(await rowsSeen(people.staff, 'transfers')).not.toEqual([]);
    expect(await rowsSeen(other, 'ledgers')).not.toEqual([]);
  });

  it('leaves the audit log, users’ roles and match runs to those whose they are to read', async () => {
    await execute(
      database,
      people.admin,
      `mutation ($input: RegisterUserInput!) { registerUser(input: $input) { ... on Node { id } } }`,
      {
        input: { subject: 'someone-new', displayName: '新人' },
      },
    );
    for (const [table, readers] of [
      ['audit_entries', ['auditor']],
      ['match_runs', ['admin', 'staff', 'analyst', 'auditor']],
    ] as const) {
      for (const [name, viewer] of Object.entries(people)) {
        const seen = (await rowsSeen(viewer, table)).length > 0;
        expect([table, name, seen]).toEqual([table, name, (readers as readonly string[]).includes(name)]);
      }
    }
    expect(await namesSeen(people.staff, 'role_grants', 'role')).toEqual(['COMMUNITY_STAFF']);
    expect((await namesSeen(people.admin, 'role_grants', 'role')).length).toBeGreaterThan(5);
  });

  it('lets nobody change, delete or make what is not theirs', async () => {
    for (const table of tables) {
      const handle = databaseFor(people.stranger, database);
      const [{ column }] = (await database.read<{ column: string }>(
        `SELECT attname AS column FROM pg_attribute WHERE attrelid = $1::regclass AND attnum = 1`,
        [table],
      )) as [{ column: string }];
      const changed = await handle.prisma.$executeRawUnsafe(`UPDATE "${table}" SET "${column}" = "${column}"`);
      const deleted = await handle.prisma.$executeRawUnsafe(`DELETE FROM "${table}"`);
      expect([table, changed, deleted]).toEqual([table, 0, 0]);
    }
    const repair = databaseFor(people.repair, database).prisma;
    expect(await repair.$executeRaw`UPDATE services SET name = 'mine' WHERE id = ${area.services.lunch}::uuid`).toBe(0);
    expect(
      await repair.$executeRaw`UPDATE services SET description = description WHERE id = ${area.services.plumbing}::uuid`,
    ).toBe(1);
    expect(
      await repair.$executeRaw`UPDATE orders SET version = version WHERE service_id = ${area.services.lunch}::uuid`,
    ).toBe(0);
    const grid = databaseFor(people.grid, database).prisma;
    expect(await grid.$executeRaw`UPDATE residents SET name = 'x' WHERE external_id = 'R01'`).toBe(0);
    const refusals: readonly (() => Promise<unknown>)[] = [
      () =>
        grid.resident.create({
          data: { areaId: area.areaId, communityId: area.communities.dashizi, externalId: 'R99', name: 'x' },
        }),
      () =>
        grid.resident.update({ where: { id: area.residents.long }, data: { communityId: area.communities.dashizi } }),
      () => databaseFor(people.yang, database).prisma.$executeRaw`
        INSERT INTO needs (id, area_id, community_id, resident_id, category_id, external_id, title, channel, registered_at, updated_at)
        SELECT ${newId()}::uuid, area_id, community_id, ${area.residents.wu}::uuid, category_id, 'N99', 'x', channel, registered_at, updated_at FROM needs`,
      () => grid.$queryRaw`SELECT append_audit_entry(${elsewhere.admin.areaId}::uuid, '{}')`,
      () => grid.$queryRaw`SELECT append_ledger_entries(${elsewhere.admin.areaId}::uuid, '[]')`,
      () => grid.$queryRaw`SELECT * FROM _prisma_migrations`,
      () => grid.$queryRaw`SELECT * FROM audit_chains`,
    ];
    for (const refused of refusals) {
      const error = await refused().then(
        () => null,
        (reason) => reason,
      );
      expect(sqlStateOf(error)).toBe('42501');
    }
  });

  it('is gone with its transaction: nothing of it is left on the connection for who comes next', async () => {
    const viewers = [people.staff, people.grid, people.yang, people.wu, people.canteen, people.stranger];
    const expected = await Promise.all(viewers.map((viewer) => namesSeen(viewer, 'residents', 'external_id')));
    await Promise.all(
      Array.from({ length: 60 }, async (_, n) => {
        const viewer = viewers[n % viewers.length]!;
        const handle = databaseFor(viewer, database);
        if (n % 4 === 0) await handle.read('SELECT 1 / 0', []).catch(() => {});
        if (n % 4 === 1) await handle.transaction(async () => Promise.reject(new Error('no'))).catch(() => {});
        expect(await namesSeen(viewer, 'residents', 'external_id')).toEqual(expected[n % viewers.length]);
        const seen = await handle.prisma.resident.findMany({ orderBy: { externalId: 'asc' } });
        expect(seen.map(({ externalId }) => externalId)).toEqual(expected[n % viewers.length]);
      }),
    );
    const connections = await Promise.all(
      Array.from({ length: 40 }, () =>
        database.read<{ who: string; area: string | null; count: number }>(
          `SELECT current_setting('role') AS who, current_setting('liangdan.area_id', true) AS area, count(*)::int AS count FROM residents`,
          [],
        ),
      ),
    );
    for (const [row] of connections) expect([row!.who, row!.area || null, row!.count]).toEqual(['none', null, 6]);
  });

  it('is stepped over by what Liangdan does itself within a transaction, and stands again after it', async () => {
    const counts = await databaseFor(people.grid, database).transaction(async (tx) => {
      const count = () => tx.resident.count();
      const inside = await count();
      const outside = await asSystem(tx, async () => {
        await asSystem(tx, count);
        return count();
      });
      await asSystem(tx, () => Promise.reject(new Error('no'))).catch(() => {});
      return [inside, outside, await count()];
    });
    expect(counts).toEqual([1, 6, 1]);
    expect(await database.transaction((tx) => asSystem(tx, () => tx.resident.count()))).toBe(6);
  });

  describe('taken away', () => {
    /** The database as the server would use it, had it no wall. */
    let unwalled: Database;
    beforeAll(() => {
      unwalled = { ...database, behindWall: () => unwalled };
    });

    const NODE = 'query ($id: ID!) { node(id: $id) { id } }';
    it('leaves the policy of the application, which refuses by itself', async () => {
      const node = async (viewer: Viewer, type: string, id: string) =>
        (await execute(unwalled, viewer, NODE, { id: globalId(type, id) })).node;
      const order = await database.prisma.order.findFirstOrThrow({ where: { needId: area.needs.yangMeal } });
      const ledger = await database.prisma.ledger.findFirstOrThrow({
        where: { areaId: area.areaId, communityId: area.communities.yatang },
      });
      const candidate = await database.prisma.candidate.findFirstOrThrow({ where: { needId: area.needs.longMeal } });
      const { grid, yang, wu, repair, analyst, auditor, stranger } = people;
      for (const [type, id, viewers] of [
        [
          'Resident',
          area.residents.yang,
          [grid, wu, people.canteen, repair, analyst, auditor, stranger, elsewhere.admin],
        ],
        ['Need', area.needs.yangMeal, [grid, wu, repair, analyst, auditor, stranger, elsewhere.admin]],
        ['Order', order.id, [grid, wu, repair, analyst, stranger, elsewhere.admin]],
        ['Ledger', ledger.id, [people.staff, grid, yang, repair, analyst, stranger, elsewhere.admin]],
        ['Candidate', candidate.id, [yang, repair, stranger, elsewhere.admin]],
      ] as const) {
        for (const viewer of viewers)
          expect([type, viewer.displayName, await node(viewer, type, id)]).toEqual([type, viewer.displayName, null]);
      }
      expect(await node(yang, 'Resident', area.residents.yang)).not.toBeNull();
    });

    it('leaves lists that hold only what is theirs, and mutations that find nothing else', async () => {
      const lists = '{ residents { totalCount } needs { totalCount } orders { totalCount } }';
      expect(await execute(unwalled, people.grid, lists)).toMatchObject({
        residents: { totalCount: 1 },
        needs: { totalCount: 1 },
        orders: { totalCount: 0 },
      });
      const order = await database.prisma.order.findFirstOrThrow({ where: { needId: area.needs.yangMeal } });
      const start = `mutation ($input: OrderActionInput!) { startOrder(input: $input) { ... on Failure { code } } }`;
      const input = { orderId: globalId('Order', order.id), version: order.version };
      for (const [viewer, code] of [
        [people.repair, 'NOT_FOUND'],
        [people.grid, 'NOT_FOUND'],
        [elsewhere.canteen, 'NOT_FOUND'],
        [people.yang, 'NOT_ALLOWED'],
        [people.stranger, 'NOT_SIGNED_IN'],
      ] as const) {
        expect((await execute(unwalled, viewer, start, { input })).startOrder).toEqual({ code });
        expect((await execute(database, viewer, start, { input })).startOrder).toEqual({ code });
      }
    });
  });
});

describe('how far roles reach into the rows', () => {
  const viewer = (...grants: readonly Partial<Grant>[]): Viewer => ({
    ...anonymousViewer('area'),
    userId: 'user',
    grants: grants.map((grant) => ({
      role: 'ANALYST',
      communityId: null,
      providerId: null,
      residentId: null,
      ...grant,
    })),
  });

  it.each([
    [
      'AREA_ADMIN',
      ['lists', 'residents', 'needs', 'orders', 'notices', 'books', 'matches', 'programmes', 'settlements', 'users'],
    ],
    ['AUDITOR', ['orders', 'notices', 'books', 'matches', 'programmes', 'settlements', 'audit', 'users']],
    ['ANALYST', ['matches', 'programmes']],
    ['COMMUNITY_STAFF', ['matches', 'programmes']],
    ['GRID_WORKER', []],
    ['PROVIDER_STAFF', []],
    ['RESIDENT', []],
    ['CAREGIVER', []],
  ] as const)('%s reaches these classes in the whole area: %j', (role, classes) => {
    expect(rowScopeOf(viewer({ role })).areaWide).toEqual(classes);
  });

  it('adds up what several roles are held over', () => {
    const scope = rowScopeOf(
      viewer(
        { role: 'GRID_WORKER', communityId: 'one' },
        { role: 'COMMUNITY_STAFF', communityId: 'two' },
        { role: 'PROVIDER_STAFF', providerId: 'three' },
        { role: 'RESIDENT', residentId: 'four' },
      ),
    );
    expect(scope).toMatchObject({ userId: 'user', areaId: 'area', providerIds: ['three'], residentIds: ['four'] });
    expect(scope.communityIds.toSorted()).toEqual(['one', 'two']);
  });

  it('ends at the area for someone who has not signed in, and is no matter for Liangdan itself', () => {
    expect(rowScopeOf(anonymousViewer('area'))).toEqual({
      userId: null,
      areaId: 'area',
      areaWide: [],
      communityIds: [],
      providerIds: [],
      residentIds: [],
    });
    const database = {} as Database;
    expect(databaseFor(systemViewer('area'), database)).toBe(database);
  });
});
