import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { systemViewer } from '../../src/identity/viewer.ts';
import { needImport } from '../../src/needs/need.import.ts';
import { dispatchOrders } from '../../src/orders/index.ts';
import { NOW, type PlantedArea, plantArea } from '../area.ts';
import { DATABASE_KINDS, scratchDatabase } from '../database/scratch.ts';
import { plantCandidates } from '../orders/planted.ts';
import { bringIn, importContext, readRecord } from './bring-in.ts';

const PIPE = { external_id: 'N90', resident: 'R03', category: 'HOME.PLUMBING', title: '厨房水管漏水' };

describe('a record of a list of needs', () => {
  const read = (record: Record<string, string>, shiftDays = 0) =>
    readRecord(needImport, importContext('area', { shiftDays }), record);

  test('is read with Chinese words and local times', () => {
    const cells = {
      community: 'C01',
      description: '漏了两天',
      channel: '网格走访',
      urgency: '紧急',
      quantity: '２',
      registered_at: '2026-11-20 9:05',
      earliest_at: '2026-11-24',
      deadline_at: '2026-11-26T18:00:00+08:00',
      preferred_windows: '周一至周二 08:30-12:00；周六 9:00-10:00',
      maximum_price_yuan: '¥50.5',
      latitude: '26.58',
      longitude: '107.98',
      preferred_providers: 'P02',
      excluded_providers: 'P01；P03',
      preferred_services: 'S02',
      excluded_services: 'S04',
      excluded_natures: '商业服务;衍生服务',
    };
    expect(read({ ...PIPE, ...cells })).toEqual({
      row: {
        externalId: 'N90',
        resident: 'R03',
        community: 'C01',
        category: 'HOME.PLUMBING',
        title: '厨房水管漏水',
        description: '漏了两天',
        channel: 'GRID_VISIT',
        urgency: 2,
        quantity: 2,
        registeredAt: new Date('2026-11-20T01:05:00Z'),
        earliestAt: new Date('2026-11-23T16:00:00Z'),
        deadlineAt: new Date('2026-11-26T10:00:00Z'),
        preferredWindows: [
          { day: 1, startMinute: 510, endMinute: 720 },
          { day: 2, startMinute: 510, endMinute: 720 },
          { day: 6, startMinute: 540, endMinute: 600 },
        ],
        maximumPriceFen: 5050,
        latitude: 26.58,
        longitude: 107.98,
        preferredProviders: ['P02'],
        excludedProviders: ['P01', 'P03'],
        preferredServices: ['S02'],
        excludedServices: ['S04'],
        excludedNatures: ['COMMERCIAL', 'DERIVED'],
      },
    });
  });

  test('is of normal urgency, for one unit, imported and registered now, when it does not say', () => {
    expect(read(PIPE)).toMatchObject({
      row: { urgency: 3, quantity: 1, channel: 'IMPORT', registeredAt: null, preferredWindows: [], community: null },
    });
  });

  test.each([
    ['意见箱', 'OPINION_BOX'],
    ['微信', 'WECHAT'],
    ['议事会', 'MEETING'],
    ['热线', 'HOTLINE'],
    ['关爱预警', 'WELFARE_WATCH'],
    ['hotline', 'HOTLINE'],
  ])('came by %s', (channel, code) => {
    expect(read({ ...PIPE, channel })).toMatchObject({ row: { channel: code } });
  });

  test.each([
    ['external_id', { external_id: '' }, 'too_small'],
    ['title', { title: ' ' }, 'too_small'],
    ['community', { resident: '' }, 'community_or_resident'],
    ['channel', { channel: '托人带话' }, 'choice'],
    ['urgency', { urgency: '5' }, 'choice'],
    ['quantity', { quantity: '0' }, 'too_small'],
    ['quantity', { quantity: '一份' }, 'whole_number'],
    ['registered_at', { registered_at: '昨天' }, 'date_time'],
    ['deadline_at', { earliest_at: '2026-11-26', deadline_at: '2026-11-25' }, 'deadline_order'],
    ['preferred_windows', { preferred_windows: '有空就行' }, 'schedule'],
    ['maximum_price_yuan', { maximum_price_yuan: '12.345' }, 'yuan'],
    ['maximum_price_yuan', { maximum_price_yuan: '9999999' }, 'too_big'],
    ['latitude', { longitude: '107.9' }, 'whole_point'],
    ['excluded_providers', { preferred_providers: 'P01', excluded_providers: 'P01' }, 'contradiction'],
    ['excluded_natures', { excluded_natures: '别的' }, 'choice'],
  ])('names the column %s when %j breaks a rule', (column, cells, rule) => {
    expect(read({ ...PIPE, ...cells })).toEqual({ issues: [expect.objectContaining({ path: [column], rule })] });
  });

  test('moves every date by the days of the example area', () => {
    const dates = { registered_at: '2026-11-20', earliest_at: '2026-11-24 08:00', deadline_at: '2026-11-30 08:00' };
    expect(read({ ...PIPE, ...dates }, 3)).toMatchObject({
      row: {
        registeredAt: new Date('2026-11-22T16:00:00Z'),
        earliestAt: new Date('2026-11-27T00:00:00Z'),
        deadlineAt: new Date('2026-12-03T00:00:00Z'),
      },
    });
  });
});

describe.each(DATABASE_KINDS)('a list of needs on the %s database', (kind) => {
  let database: Database;
  let area: PlantedArea;
  beforeAll(async () => {
    database = await scratchDatabase(kind);
    area = await plantArea(database);
  });
  afterAll(() => database.close());

  const bring = (...records: Record<string, string>[]) =>
    bringIn(database, needImport, importContext(area.areaId), records);
  const stored = (externalId: string) =>
    database.prisma.need.findFirstOrThrow({
      where: { areaId: area.areaId, externalId },
      include: { preferences: { orderBy: { id: 'asc' } } },
    });
  const entriesOf = (subjectId: string) =>
    database.prisma.ledgerEntry.findMany({
      where: { subjectId },
      orderBy: { id: 'asc' },
      select: { kind: true, body: true, ledger: { select: { communityId: true, categoryId: true } } },
    });

  test('comes in with its references, and each need is an entry of the ledger of its category in its community', async () => {
    const [outcome] = await bring({
      ...PIPE,
      urgency: '2',
      preferred_providers: 'P02',
      excluded_services: 'S04',
      excluded_natures: '商业服务',
    });
    expect(outcome).toMatchObject({ outcome: 'CREATED' });
    const need = await stored('N90');
    expect(need).toMatchObject({
      communityId: area.communities.dashizi,
      residentId: area.residents.wu,
      categoryId: area.categories['HOME.PLUMBING'],
      categorySource: 'STATED',
      state: 'OPEN',
      registeredAt: NOW,
      preferences: [
        { kind: 'PREFER', providerId: area.providers.repair, serviceId: null, nature: null },
        { kind: 'EXCLUDE', providerId: null, serviceId: area.services.closedCanteen, nature: null },
        { kind: 'EXCLUDE', providerId: null, serviceId: null, nature: 'COMMERCIAL' },
      ],
    });
    expect(await entriesOf(need.id)).toEqual([
      {
        kind: 'NEED_REGISTERED',
        body: { category: 'HOME.PLUMBING', urgency: 2, quantity: 1, channel: 'IMPORT' },
        ledger: { communityId: area.communities.dashizi, categoryId: area.categories['HOME.PLUMBING'] },
      },
    ]);
  });

  test('brought in twice changes nothing: no second need, no entry, not even a version', async () => {
    const records = [
      {
        ...PIPE,
        external_id: 'N94',
        preferred_windows: 'Sa 09:00-10:00; Mo 08:00-09:00',
        excluded_providers: 'P01;P03',
      },
      { external_id: 'N95', community: 'C02', category: 'ELDER.MEAL', title: '订餐' },
    ];
    await bring(...records);
    const before = await stored('N94');
    const later = importContext(area.areaId, { now: new Date(NOW.getTime() + 3_600_000) });
    const again = await bringIn(database, needImport, later, records);
    expect(again.map(({ outcome }) => outcome)).toEqual(['UPDATED', 'UPDATED']);
    expect(await stored('N94')).toEqual(before);
    expect(await entriesOf(before.id)).toHaveLength(1);
    expect(await database.prisma.need.count({ where: { externalId: { in: ['N94', 'N95'] } } })).toBe(2);
  });

  test('amends a need that is unmet: it is open again, and what was found for its old words is not current', async () => {
    const { longMeal } = area.needs;
    await database.prisma.need.update({
      where: { id: longMeal },
      data: { state: 'UNMET', unmetReason: 'CATCHMENT' },
    });
    await plantCandidates(database, area.areaId, longMeal, [area.services.lunch]);
    const { matchRunId } = await database.prisma.candidate.findFirstOrThrow({ where: { needId: longMeal } });
    await database.prisma.matchOutcome.create({ data: { matchRunId, needId: longMeal, passed: 1, removed: {} } });
    await bring({
      external_id: 'N02',
      resident: 'R02',
      category: 'ELDER.MEAL',
      title: '一个人住，想吃食堂',
      urgency: '1',
    });
    const need = await database.prisma.need.findUniqueOrThrow({
      where: { id: longMeal },
      include: { candidates: true, outcomes: true },
    });
    expect(need).toMatchObject({ state: 'OPEN', unmetReason: null, urgency: 1, version: 3 });
    expect(need.candidates.map(({ current }) => current)).toEqual([false]);
    expect(need.outcomes.map(({ current }) => current)).toEqual([false]);
  });

  test('leaves a dispatched need as its order promises it, and says so', async () => {
    const QUARREL = { external_id: 'N93', resident: 'R03', category: 'MEDIATION', title: '楼道堆物起争执' };
    await bring(QUARREL);
    const { id: needId } = await stored('N93');
    await dispatch(database, area.areaId, needId, area.services.mediation);
    const before = await stored('N93');
    const [same, other] = [await bring(QUARREL), await bring({ ...QUARREL, quantity: '5' })];
    expect(same).toEqual([{ outcome: 'UPDATED', id: before.id }]);
    expect(other).toMatchObject([
      {
        outcome: 'REJECTED',
        issues: [
          {
            path: ['external_id'],
            rule: 'not_waiting',
            text: { en: 'This need is OFFERED; only a need that is OPEN or UNMET may be changed' },
          },
        ],
      },
    ]);
    expect(await stored('N93')).toEqual(before);
  });

  test('moves a need that changes category from the old ledger to the new one', async () => {
    const record = { ...PIPE, external_id: 'N96' };
    await bring(record);
    await bring({ ...record, category: '矛盾调解' });
    const need = await stored('N96');
    expect(need.categoryId).toBe(area.categories.MEDIATION);
    expect(await entriesOf(need.id)).toMatchObject([
      { kind: 'NEED_REGISTERED', ledger: { categoryId: area.categories['HOME.PLUMBING'] } },
      {
        kind: 'NEED_WITHDRAWN',
        body: { reason: 'RECLASSIFIED' },
        ledger: { categoryId: area.categories['HOME.PLUMBING'] },
      },
      { kind: 'NEED_REGISTERED', ledger: { categoryId: area.categories.MEDIATION } },
    ]);
  });

  test('rejects a need that names what is not there, for every column at fault, and takes the others', async () => {
    const outcomes = await bring(
      {
        ...PIPE,
        external_id: 'N98',
        resident: 'R77',
        community: 'C77',
        category: 'NONE',
        preferred_providers: 'P77;P01',
        excluded_providers: 'P78',
        preferred_services: 'S77',
        excluded_services: 'S78',
      },
      { ...PIPE, external_id: 'N97' },
    );
    expect(outcomes).toMatchObject([
      {
        outcome: 'REJECTED',
        issues: [
          { path: ['resident'], rule: 'unknown_reference' },
          { path: ['community'] },
          { path: ['category'] },
          { path: ['preferred_providers'], text: { zh: '本区域没有P77这样的供给主体' } },
          { path: ['excluded_providers'] },
          { path: ['preferred_services'] },
          { path: ['excluded_services'] },
        ],
      },
      { outcome: 'CREATED' },
    ]);
  });

  test('finds the category by the text where none is stated, and rejects what the text leaves open', async () => {
    const outcomes = await bring(
      { external_id: 'N91', resident: 'R02', title: '想订老年助餐，中午送餐到家' },
      { external_id: 'N92', resident: 'R02', title: '你好' },
    );
    expect(outcomes).toMatchObject([
      { outcome: 'CREATED' },
      { outcome: 'REJECTED', issues: [{ path: ['category'], rule: 'category_unclear' }] },
    ]);
    expect(await stored('N91')).toMatchObject({
      categoryId: area.categories['ELDER.MEAL'],
      categorySource: 'TEXT',
      communityId: area.communities.yatang,
    });
  });

  test('keeps the category that staff stated when the list, which leaves it to the text, comes again', async () => {
    const record = { external_id: 'N99', resident: 'R02', title: '想订老年助餐，中午送餐到家' };
    await bring(record);
    await bring({ ...record, category: 'HOME.PLUMBING' });
    await bring(record);
    expect(await stored('N99')).toMatchObject({
      categoryId: area.categories['HOME.PLUMBING'],
      categorySource: 'STATED',
    });
  });

  test('is written by two imports at once without a need twice or a chain broken', async () => {
    const records = Array.from({ length: 50 }, (_, index) => ({
      external_id: `N${1000 + index}`,
      community: 'C02',
      category: 'HOME',
      title: '家里要打扫',
    }));
    const outcomes = await Promise.all([bring(...records), bring(...records.toReversed())]);
    expect(outcomes.flat().filter(({ outcome }) => outcome === 'CREATED')).toHaveLength(50);
    expect(await database.prisma.need.count({ where: { title: '家里要打扫' } })).toBe(50);
    const entries = await database.prisma.ledgerEntry.findMany({
      where: { ledger: { communityId: area.communities.yatang, categoryId: area.categories.HOME! } },
      orderBy: { seq: 'asc' },
    });
    expect(entries.map(({ seq }) => seq)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
  });
});

/** An order to a service for a need, as the system dispatches it. */
async function dispatch(database: Database, areaId: string, needId: string, serviceId: string): Promise<void> {
  const order = { needId, serviceId, mode: 'STAFF', matchRunId: null, candidateId: null } as const;
  const [outcome] = await database.transaction((tx) => dispatchOrders(tx, systemViewer(areaId), [order], NOW));
  expect(outcome).toMatchObject({ outcome: 'DISPATCHED' });
}
