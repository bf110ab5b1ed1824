import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import readXlsxFile from 'read-excel-file/node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { systemViewer } from '../../src/identity/viewer.ts';
import { ledgerSheets } from '../../src/ledger/export.store.ts';
import { recordRecognition } from '../../src/ledger/recognition.store.ts';
import { findNextCandidates } from '../../src/matchruns/next-candidates.store.ts';
import { dispatchOrders } from '../../src/orders/dispatch.store.ts';
import { moveOrder } from '../../src/orders/order.store.ts';
import { csvLines, xlsxBookBytes, xlsxSheet } from '../../src/spreadsheets/index.ts';
import { NOW, type PlantedArea, plantArea, signIn } from '../area.ts';
import { scratchDatabase } from '../database/scratch.ts';

let database: Database;
let area: PlantedArea;
let folder: string;
let ledgerId: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'liangdan-filing-'));
  database = await scratchDatabase('EMBEDDED');
  area = await plantArea(database);
  const viewer = systemViewer(area.areaId);
  const pair = { needId: area.needs.wuPipe, serviceId: area.services.plumbing, mode: 'MATCH_RUN' } as const;
  const [outcome] = await database.transaction((tx) =>
    dispatchOrders(tx, viewer, [{ ...pair, matchRunId: null, candidateId: null }], NOW),
  );
  for (const [index, to] of (['ACCEPTED', 'IN_SERVICE', 'FULFILLED', 'CONFIRMED'] as const).entries()) {
    const move = { orderId: outcome!.orderId!, version: index + 1, to, reason: null };
    await moveOrder(database, viewer, move, NOW, findNextCandidates);
  }
  const points = {
    communityId: area.communities.dashizi,
    categoryId: area.categories['HOME.PLUMBING']!,
    holder: { providerId: area.providers.repair },
    unit: 'POINT',
    amount: 5n,
    reason: '=HYPERLINK("http://x","奖励")',
  } as const;
  await recordRecognition(database, viewer, points, new Date(NOW.getTime() + 86_400_000));
  ({ id: ledgerId } = await database.prisma.ledger.findFirstOrThrow({ where: { categoryId: points.categoryId } }));
});
afterAll(async () => {
  await database.close();
  await rm(folder, { recursive: true });
});

const sheets = (from: string, to: string) =>
  ledgerSheets(database, systemViewer(area.areaId), { ledgerId, from: new Date(from), to: new Date(to) });

it('files a ledger as one spreadsheet with a sheet of entries, of balances and of transfers, headed in Chinese', async () => {
  const { entries, balances, transfers } = await sheets('2026-11-24T16:00:00Z', '2026-11-30T16:00:00Z');
  const file = join(folder, 'ledger.xlsx');
  await writeFile(
    file,
    await xlsxBookBytes([await xlsxSheet(entries), await xlsxSheet(balances), await xlsxSheet(transfers)]),
  );
  const book = await readXlsxFile(file);
  expect(book.map(({ sheet }) => sheet)).toEqual(['台账条目', '账户余额', '转账']);
  const [first, second, third] = book.map(({ data }) => data);
  expect(first!.slice(0, 3).map((row) => row.slice(0, 3))).toEqual([
    ['凯里市 大十字社区 水电维修台账', null, null],
    ['台账条目 2026-11-25 至 2026-11-30', null, null],
    ['序号', '时间', '类型'],
  ]);
  expect(first!.slice(3).map((row) => [row[0], row[2], row[4]])).toEqual([[10, '转账', '系统']]);
  // What was posted on the 24th is carried on; only the points are of this period.
  const income = second!.find((row) => row[0] === '供给主体收入')!;
  expect(income).toEqual(['供给主体收入', '凯里快修便民公司', '分', 5000, 0, 0, 5000, 0, 0, 50]);
  expect(second!.find((row) => row[0] === '持有的时长与积分')).toEqual([
    '持有的时长与积分',
    '凯里快修便民公司',
    '积分',
    0,
    0,
    5,
    5,
    0,
    0,
    null,
  ]);
  expect(third!.slice(3).map((row) => [row[3], row[5], row[7], row[9], row[14]])).toEqual([
    ['社区认可', '持有的时长与积分', '积分', 5, '=HYPERLINK("http://x","奖励")'],
  ]);
});

it('files it as CSV with a byte order mark, in which no text can be a formula', async () => {
  const { entries, transfers } = await sheets('1970-01-01T00:00:00Z', '2026-12-31T16:00:00Z');
  const text = (await Array.fromAsync(csvLines(transfers))).join('');
  expect(text.charCodeAt(0)).toBe(0xfeff);
  const [headings, ...rows] = parse(text, { bom: true }) as string[][];
  expect(headings).toContain('已记金额（元）');
  expect(rows.map((row) => row.at(-1))).toContain(`'=HYPERLINK("http://x","奖励")`);
  expect(rows.find((row) => row[7] === '分')).toMatchObject({
    4: 'R03',
    8: '5000',
    9: '5000',
    10: '50.00',
    11: '已记',
  });
  const all = (await Array.fromAsync(csvLines(entries))).join('');
  expect(parse(all, { bom: true })).toHaveLength(11);
});

it('is for who may read the ledger, over a period that does not end before it begins', async () => {
  const stranger = await signIn(database, area.areaId, 'COMMUNITY_STAFF', { communityId: area.communities.yatang });
  const scope = { ledgerId, from: new Date(0), to: NOW };
  await expect(ledgerSheets(database, stranger, scope)).rejects.toThrow('No such ledger');
  await expect(sheets('2026-11-24T00:00:00Z', '2026-11-24T00:00:00Z')).rejects.toThrow('must be later than from');
});
