import { z } from 'zod';
import {
  choiceCell,
  instantCell,
  listCell,
  optionalCell,
  optionalTextCell,
  recordSchema,
  rejectionByColumn,
  textCell,
  wholeNumberCell,
  wordListCell,
  yuanCell,
} from '../imports/cells.ts';
import { type ImportContext, type ImportDefinition, optionalColumn, requiredColumn } from '../imports/definition.ts';
import { rule } from '../input.ts';
import { ELIGIBILITY_CELLS, ELIGIBILITY_COLUMNS, eligibilityFrom } from '../services/eligibility-columns.ts';
import { FUNDING_TERMS } from '../services/terms.ts';
import { writeProgrammes } from './programme.store.ts';
import { type ProgrammeRow, programmeInput } from './programme.ts';

/** Columns of fields that are not the field's name in snake_case. */
const COLUMN_OF = {
  budgetFen: 'budget_yuan',
  shareBasisPoints: 'share_percent',
  amountPerUnitFen: 'amount_per_unit_yuan',
  capPerResidentFen: 'cap_per_resident_yuan',
  capPerProviderFen: 'cap_per_provider_yuan',
};

const cellsOf = (context: ImportContext) =>
  z.object({
    external_id: textCell,
    name: textCell,
    name_en: optionalTextCell,
    source: choiceCell(FUNDING_TERMS),
    budget_yuan: yuanCell,
    valid_from: instantCell(context),
    valid_to: instantCell(context, 'END'),
    share_percent: optionalCell(
      basisPointsOf,
      rule(
        'percent',
        '须为百分比，至多两位小数，如50或33.33%',
        'must be a percentage with at most two decimals, e.g. 33.33',
      ),
    ),
    amount_per_unit_yuan: yuanCell,
    cap_per_resident_yuan: yuanCell,
    cap_per_provider_yuan: yuanCell,
    categories: wordListCell,
    communities: listCell,
    ...ELIGIBILITY_CELLS,
    priority: wholeNumberCell,
    low_percent: wholeNumberCell,
  });

function rowFrom(cells: z.output<ReturnType<typeof cellsOf>>): Partial<z.input<typeof programmeInput>> {
  return {
    externalId: cells.external_id,
    name: cells.name,
    nameEn: cells.name_en,
    // What is missing is refused by the rules of the row.
    source: cells.source as ProgrammeRow['source'],
    budgetFen: cells.budget_yuan as number,
    validFrom: cells.valid_from as Date,
    validTo: cells.valid_to as Date,
    shareBasisPoints: cells.share_percent,
    amountPerUnitFen: cells.amount_per_unit_yuan,
    capPerResidentFen: cells.cap_per_resident_yuan,
    capPerProviderFen: cells.cap_per_provider_yuan,
    categories: cells.categories,
    communities: cells.communities,
    ...eligibilityFrom(cells),
    priority: cells.priority ?? undefined,
    lowPercent: cells.low_percent ?? undefined,
  };
}

/** The list of funding programmes (资金项目清单). */
export const programmeImport: ImportDefinition<ProgrammeRow> = {
  list: 'programmes',
  columns: [
    requiredColumn('external_id', ['编号', '项目编号', '外部编号'], '项目编号', 'its id in your own books'),
    requiredColumn('name', ['名称', '项目名称', '项目'], '名称', 'its name'),
    optionalColumn('name_en', ['英文名', '英文名称'], '英文名', 'its name in English'),
    requiredColumn(
      'source',
      ['资金来源', '来源', '项目类型'],
      '资金来源',
      'GOVERNMENT_PURCHASE, PROJECT_SUBSIDY, PROJECT_AWARD, CIVIL_AFFAIRS_GRANT or VOLUNTEER',
    ),
    requiredColumn('budget_yuan', ['预算', '预算元', '项目预算'], '预算，元', 'its budget in yuan'),
    requiredColumn('valid_from', ['开始日期', '起始日期', '生效时间'], '自何时执行', 'when it begins'),
    requiredColumn('valid_to', ['结束日期', '截止日期', '截止时间'], '至何时执行', 'when it ends'),
    optionalColumn(
      'share_percent',
      ['支付比例', '比例', '补贴比例'],
      '支付价格的百分之几',
      'percent of the price it pays',
    ),
    optionalColumn(
      'amount_per_unit_yuan',
      ['每单位金额', '单位补贴', '每单位补贴'],
      '每单位支付，元；与支付比例二者取一',
      'yuan it pays for each unit, in place of a share',
    ),
    optionalColumn(
      'cap_per_resident_yuan',
      ['每人上限', '居民上限'],
      '每位居民的上限，元',
      'the most for one resident, yuan',
    ),
    optionalColumn(
      'cap_per_provider_yuan',
      ['每主体上限', '供给主体上限'],
      '每个供给主体的上限，元',
      'the most for one provider, yuan',
    ),
    optionalColumn(
      'categories',
      ['类别', '服务类别', '类别编码'],
      '类别编码，含下级；留空为全部',
      'codes, with all below them; empty: all',
    ),
    optionalColumn(
      'communities',
      ['社区', '适用社区', '覆盖社区'],
      '社区编号；留空为全区',
      'external ids; empty: the whole area',
    ),
    ...ELIGIBILITY_COLUMNS,
    optionalColumn('priority', ['优先级', '支付顺序'], '支付顺序，小者先付', 'of several the smallest pays first'),
    optionalColumn(
      'low_percent',
      ['预警比例', '余额预警'],
      '余额不高于预算的百分之几时预警',
      'percent of the budget at which the staff are told',
    ),
  ],
  schema: (context) => recordSchema(cellsOf(context), rowFrom, programmeInput, COLUMN_OF),
  externalIdOf: (row) => row.externalId,
  write: async (tx, { areaId, now }, rows) =>
    rejectionByColumn(await writeProgrammes(tx, areaId, rows, now), COLUMN_OF),
};

/** `33.33`, `33.33%` or `33.33％` as hundredths of a percent; `null` where it is none. */
function basisPointsOf(text: string): number | null {
  const plain = text.normalize('NFKC').trim();
  const figure = plain.endsWith('%') ? plain.slice(0, -1).trimEnd() : plain;
  const [, whole, decimals = ''] = /^(\d{1,3})(?:\.(\d{1,2})0*)?$/.exec(figure) ?? [];
  return whole === undefined ? null : Number(whole) * 100 + Number(decimals.padEnd(2, '0'));
}
