import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KeyOpenToOthers } from '../../src/identity/tokens.ts';
import {
  KeyFileUnusable,
  KeyMissing,
  keyringOf,
  newKeyMaterial,
  openAttributes,
  openField,
  readOrMakeKeyFile,
  SealBroken,
  sealInformation,
  writeKeyFile,
} from '../../src/privacy/index.ts';

const run = promisify(execFile);

const MRS_YANG = {
  name: '杨秀英',
  phone: '13808550000',
  address: '大十字街道 3 栋 2 单元 501',
  identityNumber: null,
  attributes: ['LIVING_ALONE', 'CHRONIC_ILLNESS'],
};

describe('what is sealed of a resident', () => {
  const ring = keyringOf(newKeyMaterial());

  it('opens to what it was, whatever it was', () => {
    fc.assert(
      fc.property(
        fc.record({
          name: fc.string({ unit: 'grapheme' }),
          phone: fc.option(fc.string()),
          address: fc.option(fc.string({ unit: 'grapheme' })),
          identityNumber: fc.option(fc.string()),
          attributes: fc.array(fc.string()),
        }),
        fc.uuid(),
        (information, id) => {
          const sealed = sealInformation(ring, 'area', id, information);
          const resident = { id, isSealed: true, key: sealed.key };
          expect({
            name: openField(ring, resident, 'name', sealed.name),
            phone: openField(ring, resident, 'phone', sealed.phone),
            address: openField(ring, resident, 'address', sealed.address),
            identityNumber: openField(ring, resident, 'identityNumber', sealed.identityNumber),
            attributes: openAttributes(ring, resident, sealed.attributes),
          }).toEqual(information);
        },
      ),
      { numRuns: 50 },
    );
  });

  const sealed = sealInformation(ring, 'area', 'yang', MRS_YANG);
  const yang = { id: 'yang', isSealed: true, key: sealed.key };
  const altered = `${sealed.name.slice(0, 20)}${sealed.name[20] === 'A' ? 'B' : 'A'}${sealed.name.slice(21)}`;

  it.each([
    ['altered', () => openField(ring, yang, 'name', altered), SealBroken],
    ['cut off', () => openField(ring, yang, 'name', sealed.name.slice(0, 20)), SealBroken],
    ['put into another field', () => openField(ring, yang, 'phone', sealed.name), SealBroken],
    ['put to another resident', () => openField(ring, { ...yang, id: 'long' }, 'name', sealed.name), SealBroken],
    ['asked of other keys', () => openField(keyringOf(newKeyMaterial()), yang, 'name', sealed.name), KeyMissing],
  ])('does not open when it is %s', (_how, open, failure) => {
    expect(open).toThrow(failure);
  });

  it('is gone when its key is', () => {
    const erased = { ...yang, key: null };
    expect(openField(ring, erased, 'name', sealed.name)).toBeNull();
    expect(openAttributes(ring, erased, sealed.attributes)).toEqual([]);
  });

  it('never looks the same twice, and is found by an index that only the keys give', () => {
    const again = sealInformation(ring, 'area', 'yang', MRS_YANG);
    expect(again.name).not.toBe(sealed.name);
    expect(again.nameIndex).toBe(sealed.nameIndex);
    const written = { ...MRS_YANG, name: '杨 秀英', phone: '+86 138 0855 0000' };
    expect(sealInformation(ring, 'area', 'x', written)).toMatchObject({
      nameIndex: sealed.nameIndex,
      phoneIndex: sealed.phoneIndex,
    });
    expect(sealInformation(ring, 'other area', 'yang', MRS_YANG).phoneIndex).not.toBe(sealed.phoneIndex);
    const others = keyringOf(newKeyMaterial());
    expect(sealInformation(others, 'area', 'yang', MRS_YANG).phoneIndex).not.toBe(sealed.phoneIndex);
  });

  it('opens under the older keys of a rotated ring, also where another process rotated it', () => {
    const before = newKeyMaterial();
    const after = newKeyMaterial(before);
    const old = sealInformation(keyringOf(before), 'area', 'yang', MRS_YANG);
    const young = sealInformation(keyringOf(after), 'area', 'yang', MRS_YANG);
    expect(openField(keyringOf(after), { ...yang, key: old.key }, 'name', old.name)).toBe('杨秀英');
    const running = keyringOf(before, () => after);
    expect(openField(running, { ...yang, key: young.key }, 'name', young.name)).toBe('杨秀英');
    expect(young.nameIndex).toBe(old.nameIndex);
  });
});

describe('the key file', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'keys-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('is made for its owner alone at the first start, and read at the next', async () => {
    const file = join(folder, 'first', 'keys.json');
    const made = readOrMakeKeyFile(file, []);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(readOrMakeKeyFile(file, [made.current])).toEqual(made);
  });

  it('is not made where something is sealed that it could not open', () => {
    expect(() => readOrMakeKeyFile(join(folder, 'lost.json'), ['key-1'])).toThrow(KeyFileUnusable);
    expect(() => readOrMakeKeyFile(join(folder, 'lost.json'), ['key-1'])).toThrow(/missing.*LIANGDAN_KEYS/s);
  });

  it('is refused when it is not that of the database', () => {
    const file = join(folder, 'another.json');
    writeKeyFile(file, newKeyMaterial());
    expect(() => readOrMakeKeyFile(file, ['key-of-another'])).toThrow(/lacks key-of-another/);
  });

  it('is made once by processes that start at the same moment', async () => {
    const file = join(folder, 'together', 'keys.json');
    const module = new URL('../../src/privacy/key-file.ts', import.meta.url).href;
    const script = `import { readOrMakeKeyFile } from ${JSON.stringify(module)};
      process.stdout.write(readOrMakeKeyFile(${JSON.stringify(file)}, []).current);`;
    const starting = Array.from({ length: 4 }, () => run(process.execPath, ['--input-type=module', '-e', script]));
    const made = await Promise.all(starting);
    expect(new Set(made.map(({ stdout }) => stdout)).size).toBe(1);
    expect(await readdir(join(folder, 'together'))).toEqual(['keys.json']);
  });

  it('is refused when others can read it, and when it is broken, without telling what is in it', async () => {
    const file = join(folder, 'open.json');
    writeKeyFile(file, newKeyMaterial());
    await chmod(file, 0o644);
    expect(() => readOrMakeKeyFile(file, ['key-1'])).toThrow(KeyOpenToOthers);
    await chmod(file, 0o600);
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.slice(0, -20));
    expect(() => readOrMakeKeyFile(file, ['key-1'])).toThrow(KeyFileUnusable);
    expect(() => readOrMakeKeyFile(file, ['key-1'])).not.toThrow(/"keys"/);
  });
});
