import { z } from 'zod';
import { UNIT_TERMS } from '../communities/category.ts';
import {
  choiceCell,
  choiceListCell,
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
import { shiftDate } from '../imports/local-time.ts';
import { rule } from '../input.ts';
import { ELIGIBILITY_CELLS, ELIGIBILITY_COLUMNS, eligibilityFrom } from './eligibility-columns.ts';
import { parseSchedule, parseScheduleExceptions } from './schedule.ts';
import { writeServices } from './service.store.ts';
import { type ServiceRow, serviceInput } from './service.ts';
import { CAPACITY_PERIOD_TERMS, FUNDING_TERMS, NATURE_TERMS, STATUS_TERMS } from './terms.ts';

/** Columns of fields that are not the field's name in snake_case. */
const COLUMN_OF = { provider: 'provider_external_id', priceFen: 'price_yuan', giftFen: 'gift_yuan' };

const cellsOf = (context: ImportContext) =>
  z.object({
    external_id: textCell,
    provider_external_id: textCell,
    name: textCell,
    name_en: optionalTextCell,
    description: textCell,
    nature: choiceCell(NATURE_TERMS),
    status: choiceCell(STATUS_TERMS),
    categories: wordListCell,
    keywords: wordListCell,
    communities: listCell,
    locations: optionalCell(
      parseLocations,
      rule(
        'locations',
        '须为“纬度,经度|名称|地址”，多处以分号隔开',
        'must be latitude,longitude|name|address, several separated by ;',
      ),
    ),
    radius_metres: wholeNumberCell,
    schedule: optionalCell(
      parseSchedule,
      rule(
        'schedule',
        '看不懂服务时间，应如“周一至周五 08:30-12:00、14:00-17:30；周六 09:00-12:00”',
        'must be a weekly schedule such as Mo-Fr 08:30-12:00,14:00-17:30; Sa 09:00-12:00',
      ),
    ),
    schedule_exceptions: optionalCell(
      parseScheduleExceptions,
      rule(
        'schedule_exceptions',
        '看不懂例外日期，应如“2027-01-01 休；2027-02-06 09:00-12:00”',
        'must be dates such as 2027-01-01 closed; 2027-02-06 09:00-12:00',
      ),
    ),
    ...ELIGIBILITY_CELLS,
    price_yuan: yuanCell,
    gift_yuan: yuanCell,
    unit: choiceCell(UNIT_TERMS),
    funding: choiceListCell(FUNDING_TERMS),
    places: wholeNumberCell,
    capacity_period: choiceCell(CAPACITY_PERIOD_TERMS),
    valid_from: instantCell(context),
    valid_to: instantCell(context, 'END'),
  });

type Cells = z.output<ReturnType<typeof cellsOf>>;

function rowFrom(cells: Cells, { shiftDays }: ImportContext): z.input<typeof serviceInput> {
  return {
    externalId: cells.external_id,
    provider: cells.provider_external_id,
    name: cells.name,
    nameEn: cells.name_en,
    description: cells.description,
    nature: cells.nature as ServiceRow['nature'],
    status: cells.status ?? undefined,
    categories: cells.categories,
    keywords: cells.keywords,
    communities: cells.communities,
    locations: cells.locations ?? [],
    radiusMetres: cells.radius_metres,
    schedule: [...(cells.schedule ?? [])],
    scheduleExceptions: (cells.schedule_exceptions ?? []).map(({ date, windows }) => ({
      date: shiftDate(date, shiftDays),
      windows: [...windows],
    })),
    ...eligibilityFrom(cells),
    priceFen: cells.price_yuan ?? 0,
    giftFen: cells.gift_yuan ?? 0,
    unit: cells.unit,
    funding: cells.funding,
    places: cells.places,
    capacityPeriod: cells.capacity_period ?? undefined,
    validFrom: cells.valid_from,
    validTo: cells.valid_to,
  };
}

/** The service list (服务清单). A row without categories finds them by its words. */
export const serviceImport: ImportDefinition<ServiceRow> = {
  list: 'services',
  columns: [
    requiredColumn('external_id', ['编号', '服务编号', '外部编号'], '服务编号', 'its id in your own books'),
    requiredColumn(
      'provider_external_id',
      ['供给主体编号', '主体编号', '机构编号', '供给主体'],
      '供给主体的编号',
      'external id of its provider',
    ),
    requiredColumn('name', ['名称', '服务名称', '服务项目'], '名称', 'its name'),
    optionalColumn('name_en', ['英文名', '英文名称'], '英文名', 'its name in English'),
    optionalColumn('description', ['说明', '服务内容', '描述', '简介'], '服务内容', 'what is done'),
    requiredColumn(
      'nature',
      ['性质', '服务性质'],
      '服务性质',
      'SELF_GOVERNANCE, COMMERCIAL, PUBLIC_BENEFIT or DERIVED',
    ),
    optionalColumn('status', ['状态', '服务状态'], '状态，缺省为已发布', 'DRAFT, PUBLISHED (when empty) or WITHDRAWN'),
    optionalColumn(
      'categories',
      ['类别', '服务类别', '类别编码'],
      '类别编码，首个为主类别；留空则按文字判断',
      'codes, the main one first; empty: found by the words',
    ),
    optionalColumn('keywords', ['关键词', '关键字'], '关键词', 'words by which it is looked for'),
    optionalColumn(
      'communities',
      ['服务社区', '覆盖社区', '社区'],
      '所服务社区的编号',
      'external ids of the communities it serves',
    ),
    optionalColumn('locations', ['地点', '服务地点'], '地点：纬度,经度|名称|地址', 'latitude,longitude|name|address'),
    optionalColumn('radius_metres', ['服务半径', '服务半径米', '半径'], '服务半径，米', 'radius of its circle, metres'),
    optionalColumn('schedule', ['服务时间', '开放时间', '营业时间'], '每周服务时间', 'weekly hours'),
    optionalColumn('schedule_exceptions', ['例外日期', '节假日安排'], '例外日期', 'dates on which the hours differ'),
    ...ELIGIBILITY_COLUMNS,
    optionalColumn(
      'price_yuan',
      ['价格', '收费', '单价', '价格元'],
      '单价，元；留空为免费',
      'price in yuan; empty: free',
    ),
    optionalColumn(
      'gift_yuan',
      ['让利', '让利元', '主体让利'],
      '供给主体每单位让利，元',
      'yuan of each unit that the provider gives',
    ),
    optionalColumn(
      'unit',
      ['计量单位', '单位'],
      '计量单位，缺省为主类别的',
      "VISIT, MEAL, HOUR, CASE or ITEM; empty: the main category's",
    ),
    optionalColumn('funding', ['资金来源'], '资金来源', 'who else bears the cost'),
    optionalColumn(
      'places',
      ['名额', '容量', '服务能力'],
      '每个周期的名额；留空为不限',
      'places in each period; empty: unlimited',
    ),
    optionalColumn('capacity_period', ['容量周期', '名额周期'], '名额的周期', 'DAY, WEEK, MONTH or OPEN'),
    optionalColumn('valid_from', ['生效时间', '开始日期', '起始日期'], '自何时提供', 'when it begins'),
    optionalColumn('valid_to', ['截止时间', '结束日期', '截止日期'], '至何时提供', 'when it ends'),
  ],
  schema: (context) => recordSchema(cellsOf(context), (cells) => rowFrom(cells, context), serviceInput, COLUMN_OF),
  externalIdOf: (row) => row.externalId,
  write: async (tx, context, rows) => rejectionByColumn(await writeServices(tx, context, rows), COLUMN_OF),
};

/** `26.58,107.98|name|address; …`; `null` where one of them has no point. */
function parseLocations(text: string): ServiceRow['locations'] | null {
  const locations: ServiceRow['locations'] = [];
  for (const part of text.split(/[;；\r\n]/)) {
    if (part.trim() === '') continue;
    const [point = '', name = '', address = ''] = part.split(/[|｜]/);
    const [, latitude, longitude] =
      /^\s*([+-]?\d{1,3}(?:\.\d+)?)\s*[,，]\s*([+-]?\d{1,3}(?:\.\d+)?)\s*$/.exec(point) ?? [];
    if (latitude === undefined) return null;
    locations.push({
      latitude: Number(latitude),
      longitude: Number(longitude),
      name: name.trim() || null,
      address: address.trim() || null,
    });
  }
  return locations;
}
