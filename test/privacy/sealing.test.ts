import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { systemViewer } from '../../src/identity/viewer.ts';
import { runMatch } from '../../src/matchruns/index.ts';
import { saveResident } from '../../src/needs/resident.store.ts';
import {
  attachKeyring,
  keyringIn,
  keyringOf,
  keysInUse,
  newKeyMaterial,
  openField,
  rewrapResidentKeys,
  sealResidents,
} from '../../src/privacy/index.ts';
import { clockAt, NOW, type PlantedArea, plantArea } from '../area.ts';
import { DATABASE_KINDS, scratchDatabase } from '../database/scratch.ts';

describe.each(DATABASE_KINDS)('personal information in the %s database', (kind) => {
  let database: Database;
  let area: PlantedArea;
  beforeAll(async () => {
    database = await scratchDatabase(kind);
    area = await plantArea(database);
  });
  afterAll(() => database.close());

  const stored = () => database.prisma.resident.findMany({ orderBy: { externalId: 'asc' }, include: { key: true } });
  const names = async () => (await stored()).map((row) => openField(keyringIn(database.prisma), row, 'name', row.name));

  it('that was in the clear is sealed, once, and nothing of it is left to read in the tables', async () => {
    expect(await keysInUse(database)).toEqual([]);
    const [first, second] = await Promise.all([sealResidents(database), sealResidents(database)]);
    expect(first + second).toBe(3);
    expect(await sealResidents(database)).toBe(0);
    expect(await keysInUse(database)).toEqual(['test']);
    const rows = JSON.stringify(await stored());
    for (const clear of ['杨秀英', '龙老四', '13808550000', 'LIVING_ALONE', 'ELDERLY'])
      expect(rows).not.toContain(clear);
    expect(await names()).toEqual(['杨秀英', '龙老四', '吴建国']);
  });

  it('decides eligibility as before: a service for those who live alone is matched to the one who does', async () => {
    const { lunch } = area.services;
    await database.prisma.eligibilityRule.update({ where: { serviceId: lunch }, data: { allOf: ['LIVING_ALONE'] } });
    await database.prisma.service.update({ where: { id: lunch }, data: { radiusMetres: null } });
    await runMatch(database, systemViewer(area.areaId), {}, { clock: clockAt(NOW) });
    const orders = await database.prisma.order.findMany({ where: { serviceId: lunch } });
    expect(orders.map(({ needId }) => needId)).toEqual([area.needs.yangMeal]);
  });

  it('is sealed for the one resident that two write at the same moment', async () => {
    const save = (name: string) =>
      saveResident(
        database,
        systemViewer(area.areaId),
        { externalId: 'R60', communityId: area.communities.dashizi, name, identityNumber: '522601199105200038' },
        NOW,
      ).catch((error: Error) => error.message);
    await Promise.all([save('潘阿婆'), save('潘阿婆'), save('潘阿婆')]);
    expect((await names()).at(-1)).toBe('潘阿婆');
  });

  it('opens after its keys were rotated, without the old key', async () => {
    const before = newKeyMaterial();
    const after = newKeyMaterial(before);
    const test = keyringIn(database.prisma);
    const both = keyringOf(after);
    const bridging = {
      ...both,
      unwrap: (owner: string, key: { keyId: string; wrapped: string }) =>
        (key.keyId === test.currentKeyId ? test : both).unwrap(owner, key),
    };
    const count = (await stored()).length;
    expect(await rewrapResidentKeys(database, bridging)).toBe(count);
    expect(await rewrapResidentKeys(database, bridging)).toBe(0);
    const onlyNew = keyringOf({ ...after, keys: { [after.current]: after.keys[after.current]! } });
    attachKeyring(database.prisma, onlyNew);
    expect(await names()).toContain('杨秀英');
  });
});
