import { z } from 'zod';
import { appendAudit } from '../audit/index.ts';
import type { Config } from '../config.ts';
import { systemViewer } from '../identity/viewer.ts';
import { parseInput, plainText } from '../input.ts';
import { withDatabase } from './open.ts';

const areaInput = z.object({
  code: z.string().regex(/^[A-Z0-9][A-Z0-9_-]{0,31}$/, 'must be capital letters, digits, - or _'),
  name: plainText(100, 1),
  nameEn: plainText(100).optional(),
  utcOffset: z.int().min(-720).max(840),
});

/** Writes an area, or its name and offset anew where the code is known. */
export async function makeArea(config: Config, input: unknown, print: (line: string) => void): Promise<void> {
  const { code, name, nameEn = null, utcOffset } = parseInput(areaInput, input, []);
  await withDatabase(config, async (database) => {
    const fields = { name, nameEn, utcOffsetMinutes: utcOffset };
    await database.transaction(async (tx) => {
      const { id } = await tx.area.upsert({ where: { code }, create: { code, ...fields }, update: fields });
      const saved = {
        action: 'area.save',
        subjectType: 'Area',
        subjectId: id,
        body: { code, utcOffsetMinutes: utcOffset },
      };
      await appendAudit(tx, systemViewer(id), saved, new Date());
    });
  });
  print(`Area ${code} (${name}) is there. Import its lists next: liangdan import --help`);
}
