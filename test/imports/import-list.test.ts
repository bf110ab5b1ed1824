import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import iconv from 'iconv-lite';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { categoryImport } from '../../src/communities/category.import.ts';
import { communityImport } from '../../src/communities/community.import.ts';
import type { Database } from '../../src/database/database.ts';
import type { ImportDefinition } from '../../src/imports/definition.ts';
import { type ImportOptions, type ImportProgress, importList } from '../../src/imports/import-list.ts';
import { bytesSource } from '../../src/imports/source.ts';
import { UnreadableFile } from '../../src/imports/unreadable-file.ts';
import { providerImport } from '../../src/services/provider.import.ts';
import { plantArea } from '../area.ts';
import { DATABASE_KINDS, scratchDatabase } from '../database/scratch.ts';
import { contextOf } from './records.ts';

const HEADINGS = 'external_id,name,population,latitude,longitude';
const community = (number: number) => `X${number},社区${number},${number},26.5,107.9`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'liangdan-import-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe.each(DATABASE_KINDS)('a list comes in, %s', (kind) => {
  let database: Database;
  let areaId: string;

  beforeAll(async () => {
    database = await scratchDatabase(kind);
    ({ areaId } = await plantArea(database));
  });
  afterAll(() => database.close());
  beforeEach(async () => {
    await database.prisma.community.deleteMany({ where: { externalId: { startsWith: 'X' } } });
  });

  const bring = <Row>(
    definition: ImportDefinition<Row>,
    content: string | Uint8Array,
    options: Partial<ImportOptions> & { name?: string } = {},
  ) => {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    const { name = 'list.csv', ...rest } = options;
    return importList(database, definition, bytesSource(name, bytes), { context: contextOf(areaId), ...rest });
  };
  const names = async () =>
    (
      await database.prisma.community.findMany({
        where: { externalId: { startsWith: 'X' } },
        orderBy: { externalId: 'asc' },
      })
    ).map(({ name }) => name);

  it('and comes in again without doubling anything', async () => {
    const file = [HEADINGS, community(1), community(2)].join('\n');
    expect(await bring(communityImport, file)).toMatchObject({ rows: 2, created: 2, updated: 0, rejected: 0 });
    expect(await bring(communityImport, file.replace('社区2', '新社区'))).toMatchObject({ created: 0, updated: 2 });
    expect(await names()).toEqual(['社区1', '新社区']);
  });

  it('with good rows in and bad ones kept in a file that says line, column and rule', async () => {
    const rejected = join(folder, `${kind}.rejects.csv`);
    const file = `${HEADINGS},备注\n${community(1)},好\nX2,"两行\n名称",-5,26.5,107.9,=1+1\nX3,"断开,3,26.5,107.9,\n${community(4)},\nX5,短\n`;
    const summary = await bring(communityImport, file, { rejectsPath: () => rejected });
    expect(summary).toMatchObject({
      rows: 5,
      created: 2,
      rejected: 3,
      unknownHeadings: ['备注'],
      rejectsPath: rejected,
    });
    expect(summary.firstRejected.map(({ line, issues }) => [line, issues[0]!.path[0], issues[0]!.rule])).toEqual([
      [3, 'population', 'too_small'],
      [5, undefined, 'unclosed_quote'],
      [7, undefined, 'column_count'],
    ]);
    expect(await names()).toEqual(['社区1', '社区4']);
    const text = readFileSync(rejected, 'utf8');
    expect(text.startsWith('\uFEFFexternal_id,name,population,latitude,longitude,备注,rejected_line,')).toBe(true);
    expect(text).toContain(`X2,"两行\n名称",-5,26.5,107.9,'=1+1,3,population,too_small,`);
  });

  it('from its own rejects file once the rows are put right, marks against formulas taken away', async () => {
    const rejected = join(folder, `${kind}-phone.rejects.csv`);
    const file = `${HEADINGS},office_phone\n${community(1).replace('26.5', '126.5')},+86 855 1234\n`;
    await bring(communityImport, file, { rejectsPath: () => rejected });
    const mended = readFileSync(rejected, 'utf8').replace('126.5', '26.5');
    expect(mended).toContain("'+86 855 1234");
    expect(await bring(communityImport, mended)).toMatchObject({ created: 1, rejected: 0, unknownHeadings: [] });
    expect(await database.prisma.community.findFirst({ where: { externalId: 'X1' } })).toMatchObject({
      officePhone: '+86 855 1234',
    });
  });

  it('without the rows that the database refuses, and with all their neighbours', async () => {
    // A rule that only the database has, as another process may add one.
    await database.prisma
      .$executeRaw`ALTER TABLE communities ADD CONSTRAINT no_thirteen CHECK (population NOT IN (13, 700))`;
    const rows = Array.from({ length: 1500 }, (_, index) => community(index + 1));
    const summary = await bring(communityImport, [HEADINGS, ...rows].join('\n'));
    await database.prisma.$executeRaw`ALTER TABLE communities DROP CONSTRAINT no_thirteen`;
    expect(summary).toMatchObject({ rows: 1500, created: 1498, rejected: 2 });
    expect(summary.firstRejected).toMatchObject([
      { line: 14, issues: [{ rule: 'database_23514' }] },
      { line: 701, issues: [{ rule: 'database_23514' }] },
    ]);
    expect(await names()).toHaveLength(1498);
  });

  it('as if each row came alone where an external id is there more than once', async () => {
    const file = [
      HEADINGS,
      community(1),
      community(2),
      community(1).replace('社区1', '改名'),
      community(1).replace('社区1', '再改名'),
    ];
    expect(await bring(communityImport, file.join('\n'))).toMatchObject({ rows: 4, created: 2, updated: 2 });
    expect(await names()).toEqual(['再改名', '社区2']);
  });

  it('not at all in a dry run, which still finds every fault', async () => {
    const file = `code,parent_code,name,room_class,unit,accept_within_hours,complete_within_hours\nD1,,一,社会服务,次,1,2\nD2,D1,二,社会服务,次,1,2\nD3,D9,三,社会服务,次,1,2\n`;
    const summary = await bring(categoryImport, file, { dryRun: true, rejectsPath: () => join(folder, 'dry.csv') });
    expect(summary).toMatchObject({ created: 2, rejected: 1, rejectsPath: null });
    expect(summary.firstRejected).toMatchObject([{ line: 4, issues: [{ rule: 'unknown_reference' }] }]);
    expect(await database.prisma.category.count({ where: { code: { startsWith: 'D' } } })).toBe(0);
    expect(existsSync(join(folder, 'dry.csv'))).toBe(false);
  });

  it('in batches that are in whatever happens after them', async () => {
    const rows = Array.from({ length: 2500 }, (_, index) => community(index + 1));
    const seen: ImportProgress[] = [];
    let batches = 0;
    const breaking: typeof communityImport = {
      ...communityImport,
      write: (tx, context, part) => {
        batches += 1;
        if (batches === 3) throw new Error('the line is dead');
        return communityImport.write(tx, context, part);
      },
    };
    const onProgress = (progress: ImportProgress) => seen.push(progress);
    await expect(bring(breaking, [HEADINGS, ...rows].join('\n'), { onProgress })).rejects.toThrow('the line is dead');
    expect(await names()).toHaveLength(2000);
    expect(seen.map((progress) => progress.rows)).toEqual([1000, 2000]);
    expect(await bring(communityImport, [HEADINGS, ...rows].join('\n'))).toMatchObject({ created: 500, updated: 2000 });
  });
});

describe('a file in the hands of an office', () => {
  let database: Database;
  let areaId: string;

  beforeAll(async () => {
    database = await scratchDatabase('EMBEDDED');
    ({ areaId } = await plantArea(database));
  });
  afterAll(() => database.close());

  const bring = (content: string | Uint8Array, options: Partial<ImportOptions> & { name?: string } = {}) => {
    const { name = 'list.csv', ...rest } = options;
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    return importList(database, providerImport, bytesSource(name, bytes), { context: contextOf(areaId), ...rest });
  };
  const provider = (externalId: string) => database.prisma.provider.findFirst({ where: { externalId } });

  const CHINESE = '编号,机构名称,类型（必填）,联系电话\nG1,凯里市司法局,党政机构,0855-8220000\n';

  it.each([
    ['UTF-8', Buffer.from(CHINESE), 'utf-8'],
    ['UTF-8 with a byte order mark', Buffer.from(`\uFEFF${CHINESE}`), 'utf-8'],
    ['GB18030', iconv.encode(CHINESE, 'gb18030'), 'gb18030'],
    [
      'UTF-16 as Excel saves "Unicode text"',
      iconv.encode(CHINESE.replaceAll(',', '\t'), 'utf-16le', { addBOM: true }),
      'utf-16le',
    ],
    ['UTF-8 with semicolons and CR LF', Buffer.from(CHINESE.replaceAll(',', ';').replaceAll('\n', '\r\n')), 'utf-8'],
  ])('comes in by Chinese headings: %s', async (_name, bytes, encoding) => {
    await database.prisma.provider.deleteMany({ where: { externalId: 'G1' } });
    expect(await bring(bytes)).toMatchObject({ encoding, rows: 1, created: 1 });
    expect(await provider('G1')).toMatchObject({ name: '凯里市司法局', kind: 'GOVERNMENT', phone: '0855-8220000' });
  });

  it('of rare characters beyond GBK comes in whole, wherever the bytes are cut', async () => {
    const long = '长'.repeat(2000);
    const rows = Array.from({ length: 120 }, (_, index) => `G2-${index},䶮山社,自治组织,${long}`);
    const bytes = iconv.encode(['编号,名称,类型,简介', ...rows].join('\n'), 'gb18030');
    expect(await bring(bytes)).toMatchObject({ encoding: 'gb18030', created: 120, rejected: 0 });
    const written = await database.prisma.provider.findMany({ where: { externalId: { startsWith: 'G2-' } } });
    expect(new Set(written.map(({ name, description }) => `${name}${description}`))).toEqual(
      new Set([`䶮山社${long}`]),
    );
  });

  it('with a few broken characters is UTF-8 in which only their rows are bad', async () => {
    const bytes = Buffer.concat([
      Buffer.from(`${CHINESE}G3,凯里`),
      Buffer.from([0xe5, 0x87]),
      Buffer.from('社,自治组织,\nG4,好的社,自治组织,\n'),
    ]);
    const summary = await bring(bytes);
    expect(summary).toMatchObject({ encoding: 'utf-8', rows: 3, rejected: 1 });
    expect(summary.firstRejected).toMatchObject([{ line: 3, issues: [{ path: ['name'], rule: 'encoding' }] }]);
  });

  it('in an encoding that cannot be told asks for it, and then comes in', async () => {
    const bytes = iconv.encode('external_id,name,kind\nG5,Café São José,SOCIAL\n', 'windows-1252');
    await expect(bring(bytes)).rejects.toMatchObject({ rule: 'encoding' });
    await expect(bring(bytes, { encoding: 'klingon' })).rejects.toMatchObject({ rule: 'encoding' });
    expect(await bring(bytes, { encoding: 'windows-1252' })).toMatchObject({ created: 1 });
    expect(await provider('G5')).toMatchObject({ name: 'Café São José' });
  });

  it('of another shape comes in by saying where its columns are', async () => {
    const file = 'TASK_CODE,DEPT,extra\nG6,凯里市民政局,1\n';
    const fitting = { map: { external_id: 'TASK_CODE', name: 'DEPT' }, set: { kind: '政府', description: '导入' } };
    expect(await bring(file, fitting)).toMatchObject({ created: 1, unknownHeadings: ['extra'] });
    expect(await provider('G6')).toMatchObject({ kind: 'GOVERNMENT', description: '导入' });
  });

  it('of JSON lines comes in with numbers, lists and nulls, its bad lines told apart', async () => {
    const lines = [
      '{"external_id":7001,"name":"数字编号","kind":"SOCIAL","phone":null,"latitude":26.5,"longitude":107.9}',
      '',
      '{"external_id":"G7","name":',
      '["G8"]',
      '{"external_id":"G9","name":{"zh":"对象"},"kind":"SOCIAL","颜色":"红"}',
      '{"external_id":"G10","name":"好","kind":"SOCIAL","颜色":{"r":1}}',
    ];
    const rejected = join(folder, 'json.rejects.jsonl');
    const summary = await bring(lines.join('\n'), { name: 'list.jsonl', rejectsPath: () => rejected });
    expect(summary).toMatchObject({ format: 'jsonl', rows: 5, created: 2, rejected: 3, unknownHeadings: ['颜色'] });
    expect(summary.firstRejected.map(({ line, issues }) => `${line} ${issues[0]!.rule}`)).toEqual([
      '3 json',
      '4 json',
      '5 json_value',
    ]);
    expect(await provider('7001')).toMatchObject({ phone: null, latitude: 26.5 });
    const kept = readFileSync(rejected, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(kept[0]).toMatchObject({ text: '{"external_id":"G7","name":', rejected: { line: 3, rule: 'json' } });
    expect(kept[2]).toMatchObject({ external_id: 'G9', rejected: { line: 5, column: 'name' } });
  });

  it.each([
    ['empty', Buffer.from('')],
    ['empty', Buffer.from('\uFEFF\n \n')],
    ['spreadsheet', Buffer.from('PK\u0003\u0004 xl/workbook.xml')],
    ['spreadsheet', Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1])],
    ['compressed', Buffer.from([0x1f, 0x8b, 8, 0])],
    ['binary', Buffer.from('%PDF-1.7')],
    ['binary', Buffer.from('external_id,name\n\u0000\u0001')],
    ['markup', Buffer.from('<html><table><tr><td>编号</td></tr></table>')],
    ['no_rows', Buffer.from('external_id,name,kind\n\n,,\n')],
    ['missing_column', Buffer.from('external_id,name\nG11,无类型\n')],
    ['missing_column', Buffer.from('G11,没有表头,SOCIAL\n')],
    ['duplicate_heading', Buffer.from('external_id,name,kind,名称,Name\nG11,甲,SOCIAL,乙,丙\n')],
    ['headings', Buffer.from('"external_id,name,kind\nG11,甲,SOCIAL\n')],
  ])('cannot come in and says why: %s', async (rule, bytes) => {
    const failure = await bring(bytes).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(UnreadableFile);
    expect(failure).toMatchObject({ rule });
    expect(await provider('G11')).toBeNull();
  });

  it('says what of --map and --set it does not understand', async () => {
    const file = 'external_id,name,kind\nG12,甲,SOCIAL\n';
    await expect(bring(file, { map: { name: 'TITLE' } })).rejects.toMatchObject({ rule: 'no_such_heading' });
    await expect(bring(file, { set: { colour: 'red' } })).rejects.toMatchObject({ rule: 'unknown_column' });
    await expect(bring('[{"external_id":"G12"}]', { name: 'list.json' })).rejects.toMatchObject({ rule: 'json_array' });
    await expect(bring('{"external_id":"G12","name":"甲"}\n', { name: 'list.jsonl' })).rejects.toMatchObject({
      rule: 'missing_column',
    });
  });
});
