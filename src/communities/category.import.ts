import { z } from 'zod';
import {
  choiceCell,
  optionalTextCell,
  recordSchema,
  rejectionByColumn,
  textCell,
  wholeNumberCell,
  wordListCell,
} from '../imports/cells.ts';
import { type ImportDefinition, optionalColumn, requiredColumn } from '../imports/definition.ts';
import { upsertCategories } from './category.store.ts';
import { type CategoryRow, categoryInput, ROOM_CLASS_TERMS, UNIT_TERMS } from './category.ts';

const cells = z.object({
  code: textCell,
  parent_code: optionalTextCell,
  name: textCell,
  name_en: optionalTextCell,
  room_class: choiceCell(ROOM_CLASS_TERMS),
  unit: choiceCell(UNIT_TERMS),
  accept_within_hours: wholeNumberCell,
  complete_within_hours: wholeNumberCell,
  synonyms: wordListCell,
});

const record = recordSchema(
  cells,
  (row) => ({
    code: row.code,
    parentCode: row.parent_code,
    name: row.name,
    nameEn: row.name_en,
    roomClass: row.room_class ?? undefined,
    unit: row.unit ?? undefined,
    acceptWithinHours: row.accept_within_hours ?? undefined,
    completeWithinHours: row.complete_within_hours ?? undefined,
    synonyms: row.synonyms,
  }),
  categoryInput,
);

/** The taxonomy of services (服务类别), parents before their children. */
export const categoryImport: ImportDefinition<CategoryRow> = {
  list: 'categories',
  columns: [
    requiredColumn('code', ['编码', '类别编码', '编号'], '类别编码', 'its code'),
    optionalColumn(
      'parent_code',
      ['上级编码', '上级类别', '父级编码'],
      '上级类别的编码',
      'code of the category above it',
    ),
    requiredColumn('name', ['名称', '类别名称', '类别'], '名称', 'its name'),
    optionalColumn('name_en', ['英文名', '英文名称'], '英文名', 'its name in English'),
    requiredColumn('room_class', ['功能室类别', '功能室'], '功能室类别', 'ADMINISTRATIVE, SELF_GOVERNING or SOCIAL'),
    requiredColumn('unit', ['计量单位', '单位'], '计量单位', 'VISIT, MEAL, HOUR, CASE or ITEM'),
    requiredColumn('accept_within_hours', ['接单时限', '接单时限小时'], '接单时限，小时', 'hours to accept an order'),
    requiredColumn('complete_within_hours', ['办结时限', '办结时限小时'], '办结时限，小时', 'hours to fulfil an order'),
    optionalColumn('synonyms', ['同义词', '别名'], '同义词，以分号隔开', 'other words for it, separated by ;'),
  ],
  schema: () => record,
  externalIdOf: (row) => row.code,
  write: async (tx, { areaId, now }, rows) => rejectionByColumn(await upsertCategories(tx, areaId, rows, now)),
};
