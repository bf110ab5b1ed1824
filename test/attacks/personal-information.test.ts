import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import type { Viewer } from '../../src/identity/viewer.ts';
import { runMatch } from '../../src/matchruns/index.ts';
import { maskAddress, maskIdentityNumber, maskName, maskPhone, sealResidents } from '../../src/privacy/index.ts';
import { clockAt, execute, globalId, NOW, type PlantedArea, plantArea, signIn } from '../area.ts';
import { scratchDatabase } from '../database/scratch.ts';
import { type People, signInPeople } from '../orders/planted.ts';

/** What must not be seen by whom it does not concern: Mrs Yang in the clear. */
const CLEAR = { name: '杨秀英', phone: '13808550000', address: '3 栋 501', identityNumber: '522601195003080026' };

let database: Database;
let area: PlantedArea;
let people: People;
let yang: Viewer;
beforeAll(async () => {
  database = await scratchDatabase('EMBEDDED');
  area = await plantArea(database);
  people = await signInPeople(database, area);
  yang = await signIn(database, area.areaId, 'RESIDENT', { residentId: area.residents.yang });
  const { address, identityNumber } = CLEAR;
  await database.prisma.resident.update({
    where: { id: area.residents.yang },
    data: { address: `大十字街道 ${address}`, identityNumber },
  });
  await sealResidents(database);
});
afterAll(() => database.close());

const FIELDS = 'name phone address identityNumber attributes { code }';
const ofYang = async (viewer: Viewer) =>
  (
    await execute(database, viewer, `query ($id: ID!) { node(id: $id) { ... on Resident { ${FIELDS} } } }`, {
      id: globalId('Resident', area.residents.yang),
    })
  ).node;
const reveal = async (viewer: Viewer, input: Record<string, unknown> = {}) =>
  (
    await execute(
      database,
      viewer,
      `mutation ($input: RevealResidentInput!) { revealResident(input: $input) {
        __typename ... on Failure { path } ... on ResidentReveal { id purpose until ${FIELDS} }
      } }`,
      {
        input: {
          residentId: globalId('Resident', area.residents.yang),
          fields: ['PHONE', 'ADDRESS'],
          purpose: '上门核实住址',
          ...input,
        },
      },
    )
  ).revealResident;
const reveals = () =>
  database.prisma.auditEntry.findMany({ where: { action: 'resident.reveal' }, orderBy: { id: 'asc' } });

describe('a resident, asked for by', () => {
  it.each(['staff', 'admin'] as const)('%s, is masked', async (who) => {
    expect(await ofYang(people[who])).toEqual({
      name: '杨**',
      phone: '138****0000',
      address: '大十字街道***',
      identityNumber: '522**************6',
      attributes: null,
    });
  });

  it('themselves, is whole', async () => {
    expect(await ofYang(yang)).toEqual({
      ...CLEAR,
      address: `大十字街道 ${CLEAR.address}`,
      attributes: [{ code: 'ELDERLY' }, { code: 'LIVING_ALONE' }],
    });
  });

  it.each(['canteen', 'wu'] as const)('%s, is not there', async (who) => {
    expect(await ofYang(people[who])).toBeNull();
  });
});

describe('personal information is revealed', () => {
  it('to who needs it, what was asked for alone, and the audit log says who, what and why without telling it', async () => {
    const before = (await reveals()).length;
    expect(await reveal({ ...people.staff, origin: { address: '10.0.0.9', requestId: 'r-1' } })).toMatchObject({
      __typename: 'ResidentReveal',
      purpose: '上门核实住址',
      name: null,
      phone: CLEAR.phone,
      address: `大十字街道 ${CLEAR.address}`,
      identityNumber: null,
      attributes: null,
    });
    const entries = (await reveals()).slice(before);
    expect(entries).toMatchObject([
      {
        actorId: people.staff.userId,
        subjectId: area.residents.yang,
        purpose: '上门核实住址',
        address: '10.0.0.9',
        body: { fields: ['ADDRESS', 'PHONE'] },
      },
    ]);
    expect(JSON.stringify(entries)).not.toContain(CLEAR.phone);
  });

  it.each([
    ['without a purpose', { purpose: '  ' }, 'purpose'],
    ['with a purpose that tells a number', { purpose: `联系 ${CLEAR.phone}` }, 'purpose'],
    ['without fields', { fields: [] }, 'fields'],
  ])('never %s', async (_how, input, field) => {
    const before = (await reveals()).length;
    expect(await reveal(people.staff, input)).toMatchObject({ __typename: 'InvalidInput', path: ['input', field] });
    expect(await reveals()).toHaveLength(before);
  });

  it.each([
    ['another resident', () => people.wu, 'NotFound'],
    ['a provider', () => people.canteen, 'NotFound'],
    ['the resident themselves, who reads it anyway', () => yang, 'NotAllowed'],
  ])('never to %s', async (_who, viewer, failure) => {
    expect(await reveal(viewer())).toMatchObject({ __typename: failure });
  });

  it.each(['AUDITOR', 'ANALYST'] as const)('never to an %s', async (role) => {
    expect(await reveal(await signIn(database, area.areaId, role))).toMatchObject({ __typename: 'NotFound' });
  });

  it('never to staff of another community', async () => {
    const over = { communityId: area.communities.yatang };
    const staff = await signIn(database, area.areaId, 'COMMUNITY_STAFF', over);
    expect(await reveal(staff)).toMatchObject({ __typename: 'NotFound' });
  });

  it('to the one who asked alone, and for 15 minutes', async () => {
    const { id } = await reveal(people.staff);
    const read = async (viewer: Viewer, minutes: number) => {
      const now = new Date(NOW.getTime() + minutes * 60_000);
      const source = 'query ($id: ID!) { node(id: $id) { ... on ResidentReveal { phone } } }';
      return (await execute(database, viewer, source, { id }, { now })).node;
    };
    expect(await read(people.staff, 14)).toEqual({ phone: CLEAR.phone });
    expect(await read(people.staff, 15)).toBeNull();
    expect(await read(people.admin, 1)).toBeNull();
    expect(await read(yang, 1)).toBeNull();
  });
});

describe('what strangers try with a resident:', () => {
  const CONSENT = { purpose: 'SHARING_WITH_PROVIDERS', given: true, manner: 'SPOKEN' };
  const MUTATIONS = {
    exportResident: ['ExportResidentInput', { purpose: '了解一下情况' }],
    recordConsent: ['ConsentInput', CONSENT],
    eraseResident: ['EraseResidentInput', { purpose: '看着不顺眼' }],
  } as const;
  const attempts = Object.keys(MUTATIONS) as (keyof typeof MUTATIONS)[];
  const attempt = async (viewer: Viewer, mutation: keyof typeof MUTATIONS, more: Record<string, unknown> = {}) => {
    const [type, rest] = MUTATIONS[mutation];
    const source = `mutation ($input: ${type}!) { answer: ${mutation}(input: $input) { __typename ... on Failure { path } } }`;
    const input = { ...rest, residentId: globalId('Resident', area.residents.yang), ...more };
    return (await execute(database, viewer, source, { input })).answer;
  };

  describe.each(attempts)('%s', (mutation) => {
    it.each([
      ['another resident', () => people.wu],
      ['a provider without an order', () => people.repair],
      ['an auditor', () => signIn(database, area.areaId, 'AUDITOR')],
      ['an analyst', () => signIn(database, area.areaId, 'ANALYST')],
      [
        'staff of another community',
        () => signIn(database, area.areaId, 'COMMUNITY_STAFF', { communityId: area.communities.yatang }),
      ],
    ])('by %s is as if there were no such resident', async (_who, viewer) => {
      expect(await attempt(await viewer(), mutation)).toMatchObject({ __typename: 'NotFound' });
    });

    it('by someone who has not signed in is refused', async () => {
      const nobody = { ...people.wu, userId: null, grants: [] };
      expect(await attempt(nobody, mutation)).toMatchObject({ __typename: 'NotSignedIn' });
    });
  });

  it.each([
    ['no purpose', null],
    ['a purpose that tells a number', `给 ${CLEAR.phone} 打电话`],
  ])('an export by staff with %s is refused', async (_which, purpose) => {
    const path = ['input', 'purpose'];
    expect(await attempt(people.staff, 'exportResident', { purpose })).toMatchObject({
      __typename: 'InvalidInput',
      path,
    });
  });

  it('an erasure by staff of the community, who may not, is refused', async () => {
    expect(await attempt(people.staff, 'eraseResident')).toMatchObject({ __typename: 'NotAllowed' });
  });

  it('an erasure by an administrator without a purpose is refused', async () => {
    expect(await attempt(people.admin, 'eraseResident', { purpose: null })).toMatchObject({
      __typename: 'InvalidInput',
    });
  });

  it('an export that was asked for is no reveal, and a reveal is no export', async () => {
    const { id } = await reveal(people.staff);
    const row = Buffer.from(id, 'base64').toString().split(':')[1]!;
    const source = 'query ($id: ID!) { node(id: $id) { __typename } }';
    expect((await execute(database, people.staff, source, { id: globalId('ResidentExport', row) })).node).toBeNull();
  });
});

it('leaves no name, number or attribute of a resident in any table after a match and its orders', async () => {
  await runMatch(database, people.admin, {}, { clock: clockAt(NOW) });
  const tables = await database.prisma.$queryRaw<{ name: string }[]>`
    SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`;
  expect(tables.length).toBeGreaterThan(30);
  for (const { name } of tables) {
    const [row] = await database.prisma.$queryRawUnsafe<{ text: string | null }[]>(
      `SELECT string_agg(t::text, ' ') AS text FROM "${name}" t`,
    );
    for (const clear of [...Object.values(CLEAR), '龙老四', '吴建国']) {
      expect(row?.text ?? '', `${name} holds ${clear}`).not.toContain(clear);
    }
  }
});

it.each([
  [maskName, '张三丰', '张**'],
  [maskName, '欧阳', '欧**'],
  [maskPhone, '138-0855-1234', '138****1234'],
  [maskPhone, '12345', '****45'],
  [maskAddress, '环城西路12号', '环城西路***'],
  [maskAddress, '大十字街道三栋二单元', '大十字街道***'],
  [maskIdentityNumber, '522601199105200038', '522**************8'],
])('%o masks %s as %s', (mask, text, masked) => {
  expect(mask(text)).toBe(masked);
});
