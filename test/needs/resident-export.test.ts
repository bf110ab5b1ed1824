import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import type { Viewer } from '../../src/identity/viewer.ts';
import { recordConsent } from '../../src/needs/consent.store.ts';
import { sealResidents } from '../../src/privacy/index.ts';
import { execute, globalId, NOW, type PlantedArea, plantArea } from '../area.ts';
import { scratchDatabase } from '../database/scratch.ts';
import { movePlanted, type People, plantAccepted, signInPeople } from '../orders/planted.ts';

let database: Database;
let area: PlantedArea;
let people: People;
beforeAll(async () => {
  database = await scratchDatabase('EMBEDDED');
  area = await plantArea(database);
  await sealResidents(database);
  people = await signInPeople(database, area);
  const { needs, services, areaId, residents } = area;
  const order = await plantAccepted(database, areaId, people.canteen, needs.yangMeal, services.lunch);
  await movePlanted(database, people.yang, order, 'CANCELLED', '临时去医院');
  const consent = { residentId: residents.yang, purpose: 'FOLLOW_UP_CONTACT', given: false, manner: null };
  await recordConsent(database, people.yang, consent, NOW);
});
afterAll(() => database.close());

const ANSWER = '__typename ... on Failure { code path } ... on ResidentExport { id purpose until document }';
const ask = async (viewer: Viewer, purpose?: string) =>
  (
    await execute(
      database,
      viewer,
      `mutation ($input: ExportResidentInput!) { answer: exportResident(input: $input) { ${ANSWER} } }`,
      { input: { residentId: globalId('Resident', area.residents.yang), ...(purpose && { purpose }) } },
    )
  ).answer;

it('holds everything about the resident who asks for it, and nothing of others', async () => {
  const { document, purpose } = await ask(people.yang);
  expect(purpose).toBe('OWN_COPY');
  expect(document).toMatchObject({
    labels: { name: '姓名', needs: '需求' },
    resident: {
      name: '杨秀英',
      phone: '13808550000',
      birthDate: '1950-03-08',
      attributes: [
        { code: 'ELDERLY', label: '老年人' },
        { code: 'LIVING_ALONE', label: '独居' },
      ],
      community: '大十字社区',
      basis: 'STATUTORY_DUTY',
    },
    consents: [{ purpose: 'FOLLOW_UP_CONTACT', given: false, manner: 'SELF' }],
    needs: [
      {
        title: '想订一份午餐送到家里',
        category: '老年助餐',
        orders: [
          {
            service: '老年午餐送餐',
            state: 'CANCELLED',
            events: [{ to: 'DISPATCHED' }, { to: 'ACCEPTED' }, { to: 'CANCELLED', reason: '临时去医院' }],
          },
        ],
      },
    ],
  });
  expect(document.uses).toMatchObject([
    { action: 'consent.withdraw' },
    { action: 'resident.export', purpose: 'OWN_COPY' },
  ]);
  expect(JSON.stringify(document)).not.toMatch(/龙老四|吴建国|厨房水管/);
});

it('names in Chinese every key that it has', async () => {
  const { document } = await ask(people.yang);
  const { labels, ...rest } = document;
  const unnamed = new Set<string>();
  JSON.parse(JSON.stringify(rest), function (this: unknown, key, value) {
    if (!Array.isArray(this) && key !== '' && !(key in labels)) unnamed.add(key);
    return value;
  });
  expect([...unnamed]).toEqual([]);
});

it('is read for 15 minutes by the one who asked alone', async () => {
  const { id } = await ask(people.staff, '居民来窗口要求复印');
  const read = async (viewer: Viewer, minutes: number) => {
    const source = 'query ($id: ID!) { node(id: $id) { ... on ResidentExport { document } } }';
    const now = new Date(NOW.getTime() + minutes * 60_000);
    return (await execute(database, viewer, source, { id }, { now })).node;
  };
  expect(await read(people.staff, 14)).toMatchObject({ document: { resident: { name: '杨秀英' } } });
  expect(await read(people.staff, 15)).toBeNull();
  expect(await read(people.admin, 1)).toBeNull();
});
