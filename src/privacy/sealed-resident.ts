import type { Transaction } from '../database/database.ts';
import { type Keyring, newDataKey, openText, sealText, type WrappedKey } from './keyring.ts';

/** What of a resident is sealed (个人信息): each field by itself, with the resident's own key. */
export type PersonalInformation = {
  readonly name: string;
  readonly phone: string | null;
  readonly address: string | null;
  readonly identityNumber: string | null;
  /** Health and hardship among them; sealed as one text, so that not even their number shows. */
  readonly attributes: readonly string[];
};

/** Personal information as it is stored, with the key and the blind indexes. */
export type SealedInformation = {
  readonly name: string;
  readonly phone: string | null;
  readonly address: string | null;
  readonly identityNumber: string | null;
  readonly attributes: readonly string[];
  readonly nameIndex: string;
  readonly phoneIndex: string | null;
  readonly identityNumberIndex: string | null;
  readonly key: WrappedKey;
};

/** What one needs of a stored resident to open a field. */
export type StoredResident = {
  readonly id: string;
  /** Rows of before the sealing are in the clear until `sealResidents` has come to them. */
  readonly isSealed: boolean;
  /** `null` for one in the clear, and for one who was erased. */
  readonly key: WrappedKey | null;
};

/** Seals what is known of a resident with a new key. */
export function sealInformation(
  keyring: Keyring,
  areaId: string,
  residentId: string,
  { name, phone, address, identityNumber, attributes }: PersonalInformation,
): SealedInformation {
  const dataKey = newDataKey();
  const seal = (field: string, text: string): string => sealText(dataKey, contextOf(residentId, field), text);
  const sealOrNull = (field: string, text: string | null): string | null => (text === null ? null : seal(field, text));
  return {
    name: seal('name', name),
    phone: sealOrNull('phone', phone),
    address: sealOrNull('address', address),
    identityNumber: sealOrNull('identityNumber', identityNumber),
    attributes: [seal('attributes', JSON.stringify(attributes))],
    ...blindIndexes(keyring, areaId, { name, phone, identityNumber }),
    key: keyring.wrap(residentId, dataKey),
  };
}

/** The blind indexes of a resident, or of what is looked for. */
export function blindIndexes(
  keyring: Keyring,
  areaId: string,
  { name, phone, identityNumber }: Pick<PersonalInformation, 'name' | 'phone' | 'identityNumber'>,
): { nameIndex: string; phoneIndex: string | null; identityNumberIndex: string | null } {
  const indexOf = (field: string, text: string): string => keyring.blindIndex(`${areaId}\n${field}`, text);
  return {
    nameIndex: indexOf('name', normalName(name)),
    phoneIndex: phone === null ? null : indexOf('phone', normalPhone(phone)),
    identityNumberIndex:
      identityNumber === null ? null : indexOf('identityNumber', identityNumber.trim().toUpperCase()),
  };
}

/**
 * A field of a stored resident in the clear; `null` where it is empty, or was erased.
 *
 * @throws SealBroken, KeyMissing
 */
export function openField(
  keyring: Keyring,
  resident: StoredResident,
  field: 'name' | 'phone' | 'address' | 'identityNumber',
  stored: string | null,
): string | null {
  if (!resident.isSealed || stored === null) return stored;
  if (resident.key === null) return null;
  const dataKey = keyring.unwrap(resident.id, resident.key);
  return openText(dataKey, contextOf(resident.id, field), stored);
}

/** The attributes of a stored resident in the clear; none where they were erased. @throws SealBroken, KeyMissing */
export function openAttributes(
  keyring: Keyring,
  resident: StoredResident,
  stored: readonly string[],
): readonly string[] {
  if (!resident.isSealed) return stored;
  const [sealed] = stored;
  if (resident.key === null || sealed === undefined) return [];
  const dataKey = keyring.unwrap(resident.id, resident.key);
  return JSON.parse(openText(dataKey, contextOf(resident.id, 'attributes'), sealed));
}

/**
 * Opens the attributes of many rows that a statement read of residents, with one further statement for their keys.
 *
 * @param rows with the resident's id, `null` where the row is of nobody, and the attributes as they are stored
 * @returns the rows with their attributes in the clear
 */
export async function withOpenAttributes<
  Row extends { residentId: string | null; isSealed: boolean | null; attributes: readonly string[] | null },
>(db: Transaction, rows: readonly Row[]): Promise<Row[]> {
  const ids = [...new Set(rows.flatMap(({ residentId, isSealed }) => (isSealed && residentId ? [residentId] : [])))];
  if (ids.length === 0) return [...rows];
  const keys = await db.residentKey.findMany({ where: { residentId: { in: ids } } });
  const keyOf = new Map(keys.map((key) => [key.residentId, key]));
  const keyring = keyringIn(db);
  return rows.map((row) => {
    if (!row.isSealed || row.residentId === null) return row;
    const resident = { id: row.residentId, isSealed: true, key: keyOf.get(row.residentId) ?? null };
    return { ...row, attributes: openAttributes(keyring, resident, row.attributes ?? []) };
  });
}

/** Gives a client, and all transactions of it, the keys that personal information is sealed under. */
export function attachKeyring<Client extends object>(client: Client, keyring: Keyring): Client {
  return Object.defineProperty(client, KEYRING, { value: keyring, configurable: true });
}

/** The keys of a client or transaction. */
export function keyringIn(db: object): Keyring {
  const keyring = (db as { [KEYRING]?: Keyring })[KEYRING];
  if (keyring === undefined) throw new Error('This database was opened without keys for personal information');
  return keyring;
}

const KEYRING = Symbol('keyring');

function contextOf(residentId: string, field: string): string {
  return `${residentId}\n${field}`;
}

function normalName(name: string): string {
  return name.normalize('NFKC').replace(/\s+/g, '').toLowerCase();
}

/** Digits alone, without the prefix of the country. */
function normalPhone(phone: string): string {
  return phone.replace(/\D/g, '').replace(/^(?:00)?86(?=1\d{10}$)/, '');
}
