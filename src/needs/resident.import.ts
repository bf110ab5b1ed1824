import { z } from 'zod';
import { externalId } from '../communities/community.ts';
import type { Transaction } from '../database/database.ts';
import {
  choiceCell,
  dateCell,
  decimalCell,
  listCell,
  optionalTextCell,
  recordSchema,
  textCell,
} from '../imports/cells.ts';
import {
  type ImportColumn,
  type ImportContext,
  type ImportDefinition,
  type ImportOutcome,
  optionalColumn,
  requiredColumn,
} from '../imports/definition.ts';
import { localDateOf } from '../imports/local-time.ts';
import { findReferences, unknownReference } from './references.store.ts';
import { upsertResidents } from './resident.store.ts';
import { birthDateRule, isBirthDate, isWholePoint, residentFields, wholePoint } from './resident.ts';
import { GENDER_TERMS, LEGAL_BASIS_TERMS } from './terms.ts';

const COLUMNS: readonly ImportColumn[] = [
  requiredColumn(
    'external_id',
    ['编号', '居民编号', '外部编号'],
    '居民在本单位台账中的编号',
    "id in the office's own books",
  ),
  requiredColumn('community', ['社区', '社区编号', '所属社区'], '所属社区的编号', "the community's external id"),
  requiredColumn('name', ['姓名', '居民姓名'], '姓名', 'name'),
  optionalColumn('birth_date', ['出生日期', '生日', '出生年月日'], '出生日期', 'date of birth'),
  optionalColumn('gender', ['性别'], '性别：女、男、未知', 'FEMALE, MALE or UNKNOWN'),
  optionalColumn('phone', ['电话', '联系电话', '手机', '手机号'], '联系电话', 'telephone'),
  optionalColumn('address', ['地址', '住址', '家庭住址'], '住址', 'address'),
  optionalColumn(
    'identity_number',
    ['身份证号', '身份证号码', '公民身份号码'],
    '身份证号',
    'number of the identity card',
  ),
  optionalColumn('latitude', ['纬度'], '住处纬度（WGS 84）', 'latitude of the home, WGS 84'),
  optionalColumn('longitude', ['经度'], '住处经度（WGS 84）', 'longitude of the home, WGS 84'),
  optionalColumn(
    'attributes',
    ['属性', '人群', '人群类别', '标签'],
    '决定服务资格的属性，用分号隔开，如独居;残疾',
    'attributes that decide eligibility, separated by ; such as LIVING_ALONE;DISABLED',
  ),
  optionalColumn(
    'basis',
    ['处理依据', '依据', '法律依据'],
    '处理个人信息的依据：个人同意、合同、法定职责、紧急情况；不填为原有依据，新居民为法定职责',
    'on what the record rests: CONSENT, CONTRACT, STATUTORY_DUTY or EMERGENCY; as before where empty, STATUTORY_DUTY for new ones',
  ),
];

const cells = z.object({
  external_id: textCell,
  community: textCell,
  name: textCell,
  gender: choiceCell(GENDER_TERMS),
  phone: optionalTextCell,
  address: optionalTextCell,
  identity_number: optionalTextCell,
  latitude: decimalCell,
  longitude: decimalCell,
  attributes: listCell,
  basis: choiceCell(LEGAL_BASIS_TERMS),
});

/** A row of a list of residents: what is written of each, its community by external id. */
const residentRow = z
  .strictObject({ community: externalId, ...residentFields })
  .refine(isWholePoint, { ...wholePoint, path: ['latitude'] });
type ResidentImportRow = z.output<typeof residentRow>;

/** How a list of residents (居民名单) comes in. */
export const residentImport: ImportDefinition<ResidentImportRow> = {
  list: 'residents',
  columns: COLUMNS,
  schema: (context) => {
    const today = localDateOf(context.now, context.utcOffsetMinutes);
    const row = residentRow.refine(({ birthDate }) => birthDate == null || isBirthDate(birthDate, today), {
      ...birthDateRule,
      path: ['birthDate'],
    });
    return recordSchema(
      cells.extend({ birth_date: dateCell(context.shiftDays) }),
      ({ external_id, birth_date, identity_number, gender, ...read }) => ({
        ...read,
        externalId: external_id,
        birthDate: birth_date,
        identityNumber: identity_number,
        gender: gender ?? 'UNKNOWN',
      }),
      row,
    );
  },
  externalIdOf: (row) => row.externalId,
  write: writeResidents,
};

async function writeResidents(
  tx: Transaction,
  { areaId, now }: ImportContext,
  rows: readonly ResidentImportRow[],
): Promise<readonly ImportOutcome[]> {
  const references = await findReferences(tx, areaId, { communities: rows.map((row) => row.community) });
  const known = rows.filter((row) => references.communities.has(row.community));
  const written = await upsertResidents(
    tx,
    areaId,
    known.map(
      ({
        community,
        birthDate = null,
        phone = null,
        address = null,
        identityNumber = null,
        latitude = null,
        longitude = null,
        basis = null,
        ...row
      }) => ({
        ...row,
        communityId: references.communities.get(community)!.id,
        birthDate,
        phone,
        address,
        identityNumber,
        latitude,
        longitude,
        basis,
      }),
    ),
    now,
  );
  const outcomes = new Map(
    known.map((row, index): [ResidentImportRow, ImportOutcome] => {
      const { id, isNew } = written[index]!;
      return [row, { outcome: isNew ? 'CREATED' : 'UPDATED', id }];
    }),
  );
  return rows.map(
    (row) =>
      outcomes.get(row) ?? {
        outcome: 'REJECTED',
        issues: [unknownReference('community', 'communities', [row.community])],
      },
  );
}
