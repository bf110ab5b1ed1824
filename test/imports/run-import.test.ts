import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { communityImport } from '../../src/communities/community.import.ts';
import type { Database } from '../../src/database/database.ts';
import type { Locale } from '../../src/failures.ts';
import { systemViewer } from '../../src/identity/viewer.ts';
import { type ImportArguments, runImport } from '../../src/imports/run-import.ts';
import { clockAt, NOW, plantArea, signIn } from '../area.ts';
import { scratchDatabase } from '../database/scratch.ts';

const HEADINGS = 'external_id,name,population,latitude,longitude';

describe('import at the command line', () => {
  let database: Database;
  let areaId: string;
  let folder: string;

  beforeAll(async () => {
    database = await scratchDatabase('EMBEDDED');
    ({ areaId } = await plantArea(database));
    folder = await mkdtemp(join(tmpdir(), 'liangdan-run-import-'));
  });
  afterAll(async () => {
    await database.close();
    await rm(folder, { recursive: true });
  });

  const run = async (
    content: string | null,
    args: Partial<ImportArguments<never>> = {},
    locale: Locale = 'en',
  ): Promise<{ status: number; lines: string[]; file: string }> => {
    const file = join(folder, `${Math.random().toString(36).slice(2)}.csv`);
    if (content !== null) await writeFile(file, content);
    const lines: string[] = [];
    const output = { print: (line: string) => lines.push(line), terminal: null, locale };
    const whole = { ...args, definition: communityImport, file };
    const status = await runImport(database, systemViewer(areaId), whole, output, clockAt(NOW));
    return { status, lines, file };
  };

  it('ends with 0 when every row is in', async () => {
    const { status, lines } = await run(`${HEADINGS}\nX1,甲,1,26.5,107.9\n`);
    expect(status).toBe(0);
    expect(lines).toEqual(['communities: 1 rows, 1 created, 0 updated, 0 rejected (utf-8).']);
  });

  it('ends with 3 when rows were rejected, and says which, why and where they are kept', async () => {
    const { status, lines, file } = await run(
      `${HEADINGS},颜色\nX1,甲,1,26.5,107.9,\nX2,乙,x,126.5,107.9,\n`,
      {},
      'zh',
    );
    expect(status).toBe(3);
    expect(lines).toEqual([
      'communities：共2行，新增0，更新1，拒绝1（utf-8）。',
      '未使用的表头：颜色',
      '  第3行：population：须为整数 [whole_number]',
      `被拒绝的行在${file.replace('.csv', '.rejects.csv')}，改好后可直接导入。`,
    ]);
    expect(existsSync(file.replace('.csv', '.rejects.csv'))).toBe(true);
  });

  it('ends with 1 when nothing can be read', async () => {
    expect(await run(null)).toMatchObject({ status: 1, lines: [expect.stringContaining('There is no file')] });
    expect(await run('PK\u0003\u0004')).toMatchObject({ status: 1, lines: [expect.stringContaining('Excel')] });
    expect(await run(`${HEADINGS}\n`, { format: 'xls' })).toMatchObject({ status: 1 });
    expect(await run(`${HEADINGS}\n`, { map: ['name'] })).toMatchObject({ status: 1 });
  });

  it('fits foreign headings with --map and --set', async () => {
    const { status } = await run('code;title;p;y;x\nX3;丙;7;26,5;107.9\n', {
      map: ['external_id=code', 'name=title', 'population=p', 'longitude=x'],
      set: ['latitude=26.5'],
    });
    expect(status).toBe(0);
    expect(await database.prisma.community.findFirst({ where: { externalId: 'X3' } })).toMatchObject({
      latitude: 26.5,
    });
  });

  it('never writes rejected rows over the file itself', async () => {
    const file = join(folder, 'same.csv');
    await writeFile(file, `${HEADINGS}\nX4,甲,-1,26.5,107.9\n`);
    const output = { print: () => {}, terminal: null, locale: 'en' as const };
    const args = { definition: communityImport, file, rejects: join(folder, '.', 'same.csv') };
    expect(await runImport(database, systemViewer(areaId), args, output, clockAt(NOW))).toBe(1);
  });

  it('is for those who keep the lists of the area', async () => {
    const worker = await signIn(database, areaId, 'ANALYST');
    const output = { print: () => {}, terminal: null, locale: 'en' as const };
    await expect(
      runImport(database, worker, { definition: communityImport, file: 'x.csv' }, output, clockAt(NOW)),
    ).rejects.toMatchObject({ code: 'NOT_ALLOWED' });
  });
});
