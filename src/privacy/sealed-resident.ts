import type { Transaction } from '../database/database.ts';
import type { LegalBasis } from '../generated/prisma/enums.ts';
import { isSensitiveAttribute } from '../needs/attributes.ts';
import { permits } from './consent.ts';
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
 * Opens the attributes of many rows that a statement read of residents, for deciding what they are eligible for, with one
 * further statement for their keys and consents: sensitive ones are left out where the resident's consent to their use is
 * lacking (see `permits`).
 *
 * @param rows with the resident's id, `null` where the row is of nobody, and the attributes as they are stored
 * @returns the rows with their attributes in the clear
 */
export async function withOpenAttributes<
  Row extends { residentId: string | null; isSealed: boolean | null; attributes: readonly string[] | null },
>(db: Transaction, rows: readonly Row[]): Promise<Row[]> {
  const ids = [...new Set(rows.flatMap(({ residentId }) => residentId ?? []))];
  if (ids.length === 0) return [...rows];
  const residents = await db.$queryRaw<
    { id: string; keyId: string | null; wrapped: string | null; basis: LegalBasis; given: boolean | null }[]
  >`
    SELECT r.id, k.key_id AS "keyId", k.wrapped, r.basis::text, c.given
    FROM residents r LEFT JOIN resident_keys k ON k.resident_id = r.id
      LEFT JOIN LATERAL (SELECT given FROM consent_records
        WHERE resident_id = r.id AND purpose = 'HEALTH_ATTRIBUTES' ORDER BY at DESC, id DESC LIMIT 1) c ON true
    WHERE r.id = ANY(${ids}::uuid[])`;
  const byId = new Map(residents.map((resident) => [resident.id, resident]));
  return rows.map((row) => {
    const resident = byId.get(row.residentId ?? '');
    if (resident === undefined) return row;
    const { id, keyId, wrapped, basis, given } = resident;
    const key = keyId === null || wrapped === null ? null : { keyId, wrapped };
    const stored = row.attributes ?? [];
    const attributes = row.isSealed ? openAttributes(keyringIn(db), { id, isSealed: true, key }, stored) : stored;
    return { ...row, attributes: permits(basis, given) ? attributes : withoutSensitive(attributes) };
  });
}

/** The attributes that tell nothing of health, hardship or family. */
export function withoutSensitive(attributes: readonly string[]): readonly string[] {
  return attributes.filter((code) => !isSensitiveAttribute(code));
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
