import { z } from 'zod';
import { decimalCell, optionalTextCell, recordSchema, textCell, wholeNumberCell } from '../imports/cells.ts';
import { type ImportDefinition, optionalColumn, requiredColumn } from '../imports/definition.ts';
import { upsertCommunities } from './community.store.ts';
import { type CommunityRow, communityInput } from './community.ts';

const cells = z.object({
  external_id: textCell,
  name: textCell,
  name_en: optionalTextCell,
  population: wholeNumberCell,
  latitude: decimalCell,
  longitude: decimalCell,
  office_address: optionalTextCell,
  office_phone: optionalTextCell,
});

const record = recordSchema(
  cells,
  (row) => ({
    externalId: row.external_id,
    name: row.name,
    nameEn: row.name_en,
    population: row.population ?? undefined,
    latitude: row.latitude ?? undefined,
    longitude: row.longitude ?? undefined,
    officeAddress: row.office_address,
    officePhone: row.office_phone,
  }),
  communityInput,
);

/** The list of communities (社区名单). */
export const communityImport: ImportDefinition<CommunityRow> = {
  list: 'communities',
  columns: [
    requiredColumn('external_id', ['编号', '社区编号', '外部编号'], '社区编号', 'its id in your own books'),
    requiredColumn('name', ['名称', '社区名称', '社区'], '名称', 'its name'),
    optionalColumn('name_en', ['英文名', '英文名称'], '英文名', 'its name in English'),
    requiredColumn('population', ['人口', '人口数', '常住人口'], '人口', 'how many people live there'),
    requiredColumn('latitude', ['纬度', '中心纬度'], '中心纬度', 'its centre, degrees north'),
    requiredColumn('longitude', ['经度', '中心经度'], '中心经度', 'its centre, degrees east'),
    optionalColumn('office_address', ['居委会地址', '地址', '办公地址'], '居委会地址', 'address of its office'),
    optionalColumn('office_phone', ['居委会电话', '电话', '联系电话'], '居委会电话', 'telephone of its office'),
  ],
  schema: () => record,
  externalIdOf: (row) => row.externalId,
  write: async (tx, { areaId, now }, rows) =>
    (await upsertCommunities(tx, areaId, rows, now)).map(({ id, isNew }) => ({
      outcome: isNew ? 'CREATED' : 'UPDATED',
      id,
    })),
};
