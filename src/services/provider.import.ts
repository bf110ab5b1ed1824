import { z } from 'zod';
import { choiceCell, decimalCell, optionalTextCell, recordSchema, textCell } from '../imports/cells.ts';
import { type ImportDefinition, optionalColumn, requiredColumn } from '../imports/definition.ts';
import { upsertProviders } from './provider.store.ts';
import { type ProviderRow, providerInput } from './provider.ts';
import { ADMISSION_TERMS, PROVIDER_KIND_TERMS } from './terms.ts';

const cells = z.object({
  external_id: textCell,
  name: textCell,
  name_en: optionalTextCell,
  kind: choiceCell(PROVIDER_KIND_TERMS),
  admission: choiceCell(ADMISSION_TERMS),
  description: textCell,
  phone: optionalTextCell,
  email: optionalTextCell,
  address: optionalTextCell,
  latitude: decimalCell,
  longitude: decimalCell,
});

const record = recordSchema(
  cells,
  ({ external_id, name_en, kind, admission, ...row }) => ({
    ...row,
    externalId: external_id,
    nameEn: name_en,
    kind: kind ?? undefined,
    admission: admission ?? undefined,
  }),
  providerInput,
);

/** The list of providers (供给主体名单). */
export const providerImport: ImportDefinition<ProviderRow> = {
  list: 'providers',
  columns: [
    requiredColumn(
      'external_id',
      ['编号', '主体编号', '机构编号', '外部编号'],
      '供给主体编号',
      'its id in your own books',
    ),
    requiredColumn('name', ['名称', '主体名称', '机构名称', '单位名称'], '名称', 'its name'),
    optionalColumn('name_en', ['英文名', '英文名称'], '英文名', 'its name in English'),
    requiredColumn(
      'kind',
      ['类型', '主体类型', '机构类型'],
      '类型：党政机构、自治组织、社会组织与企业',
      'GOVERNMENT, SELF_GOVERNING or SOCIAL',
    ),
    optionalColumn(
      'admission',
      ['准入状态', '准入'],
      '准入状态，缺省为已准入',
      'APPLIED, ADMITTED (when empty) or SUSPENDED',
    ),
    optionalColumn('description', ['简介', '说明', '描述'], '简介', 'what it is'),
    optionalColumn('phone', ['电话', '联系电话'], '电话', 'its telephone'),
    optionalColumn('email', ['邮箱', '电子邮箱'], '电子邮箱', 'its e-mail address'),
    optionalColumn('address', ['地址', '详细地址'], '地址', 'its address'),
    optionalColumn('latitude', ['纬度'], '纬度', 'degrees north'),
    optionalColumn('longitude', ['经度'], '经度', 'degrees east'),
  ],
  schema: () => record,
  externalIdOf: (row) => row.externalId,
  write: async (tx, { areaId, now }, rows) =>
    (await upsertProviders(tx, areaId, rows, now)).map(({ id, isNew }) => ({
      outcome: isNew ? 'CREATED' : 'UPDATED',
      id,
    })),
};
