import { z } from 'zod';
import {
  CATEGORIES_NAMED,
  categoryUnclearText,
  type RankedCategory,
  sureCategory,
} from '../communities/category-by-text.ts';
import { externalId } from '../communities/community.ts';
import { type CategoryFinder, readCategoryFinder } from '../communities/index.ts';
import type { Transaction } from '../database/database.ts';
import type { InputIssue } from '../failures.ts';
import {
  choiceCell,
  choiceListCell,
  decimalCell,
  instantCell,
  listCell,
  optionalCell,
  optionalTextCell,
  recordSchema,
  textCell,
  wholeNumberCell,
  yuanCell,
} from '../imports/cells.ts';
import {
  type ImportColumn,
  type ImportContext,
  type ImportDefinition,
  type ImportOutcome,
  optionalColumn,
  requiredColumn,
} from '../imports/definition.ts';
import { plainText, rule } from '../input.ts';
import { parseSchedule } from '../services/schedule.ts';
import { NATURE_TERMS } from '../services/terms.ts';
import { type NeedRow, type NeedWritten, writeNeeds } from './need.store.ts';
import { MOST_PREFERENCES, NeedNotWaiting, needFields, preferencesOf, withNeedRules } from './need.ts';
import { findReferences, type ReferenceKind, type References, unknownReference } from './references.store.ts';
import { CHANNEL_TERMS, URGENCY_TERMS } from './terms.ts';

const COLUMNS: readonly ImportColumn[] = [
  requiredColumn(
    'external_id',
    ['编号', '需求编号', '外部编号', '工单号'],
    '需求编号',
    "its id in the office's own books",
  ),
  optionalColumn('resident', ['居民', '居民编号', '需求人编号'], '居民编号', "the resident's external id"),
  optionalColumn(
    'community',
    ['社区', '社区编号', '所属社区'],
    '社区编号或名称；填了居民时可不填，取居民所在社区',
    "the community's external id or name; empty: the resident's",
  ),
  optionalColumn(
    'category',
    ['类别', '需求类别', '类别编码', '分类'],
    '类别编码或名称；不填时按文字判断',
    'code or name of the category; empty: found by the text',
  ),
  requiredColumn('title', ['标题', '需求', '需求标题', '诉求'], '需求，一句话', 'the need in a line'),
  optionalColumn('description', ['说明', '描述', '需求描述', '详情', '备注'], '详细说明', 'the need in more words'),
  optionalColumn(
    'channel',
    ['渠道', '来源', '来源渠道'],
    '渠道：微信、意见箱、议事会、网格走访、热线、关爱预警等；默认导入',
    'how it arrived; empty: IMPORT',
  ),
  optionalColumn(
    'urgency',
    ['紧急程度', '紧急', '等级'],
    '紧急程度：1特急、2紧急、3普通（默认）、4不急',
    '1 life and safety, 2 urgent, 3 normal (when empty), 4 can wait',
  ),
  optionalColumn('quantity', ['数量', '份数'], '数量，默认1', 'units asked for; empty: 1'),
  optionalColumn(
    'registered_at',
    ['登记时间', '登记日期', '受理时间'],
    '登记时间，默认现在',
    'when it was registered; empty: now',
  ),
  optionalColumn('earliest_at', ['最早时间', '开始时间'], '最早时间', 'not before'),
  optionalColumn('deadline_at', ['截止时间', '最晚时间', '期限'], '截止时间', 'not after'),
  optionalColumn(
    'preferred_windows',
    ['方便时间', '希望时间'],
    '每周方便的时间，如周一至周五 08:30-12:00',
    'weekly times that suit, e.g. Mo-Fr 08:30-12:00',
  ),
  optionalColumn(
    'maximum_price_yuan',
    ['最高价', '最高单价', '可承受价格'],
    '能付的最高单价（元）',
    'the most that can be paid for a unit, in yuan',
  ),
  optionalColumn('latitude', ['纬度'], '纬度（WGS 84）', 'latitude, WGS 84'),
  optionalColumn('longitude', ['经度'], '经度（WGS 84）', 'longitude, WGS 84'),
  optionalColumn(
    'preferred_providers',
    ['希望的供给主体', '首选主体'],
    '希望的供给主体编号，用分号隔开',
    'external ids of providers asked for, separated by ;',
  ),
  optionalColumn(
    'excluded_providers',
    ['排除的供给主体', '排除主体'],
    '排除的供给主体编号',
    'external ids of providers ruled out',
  ),
  optionalColumn(
    'preferred_services',
    ['希望的服务', '首选服务'],
    '希望的服务编号',
    'external ids of services asked for',
  ),
  optionalColumn('excluded_services', ['排除的服务'], '排除的服务编号', 'external ids of services ruled out'),
  optionalColumn(
    'excluded_natures',
    ['排除的服务性质', '排除性质'],
    '排除的服务性质，如商业服务',
    'natures of service ruled out',
  ),
];

const scheduleCell = optionalCell(
  parseSchedule,
  rule('schedule', '不是每周时间，应如周一至周五 08:30-12:00', 'must be weekly times such as Mo-Fr 08:30-12:00'),
);

const cellsOf = (context: ImportContext) =>
  z.object({
    external_id: textCell,
    resident: optionalTextCell,
    community: optionalTextCell,
    category: optionalTextCell,
    title: textCell,
    description: textCell,
    channel: choiceCell(CHANNEL_TERMS),
    urgency: choiceCell(URGENCY_TERMS),
    quantity: wholeNumberCell,
    registered_at: instantCell(context),
    earliest_at: instantCell(context),
    deadline_at: instantCell(context),
    preferred_windows: scheduleCell,
    maximum_price_yuan: yuanCell,
    latitude: decimalCell,
    longitude: decimalCell,
    preferred_providers: listCell,
    excluded_providers: listCell,
    preferred_services: listCell,
    excluded_services: listCell,
    excluded_natures: choiceListCell(NATURE_TERMS),
  });

const externalIds = z.array(externalId).max(MOST_PREFERENCES);

/** A row of a list of needs: what each says, with references by external id. */
const needRow = withNeedRules(
  z.strictObject({
    ...needFields,
    resident: externalId.nullable(),
    community: externalId.nullable(),
    category: plainText(100, 1).nullable(),
    preferredProviders: externalIds,
    excludedProviders: externalIds,
    preferredServices: externalIds,
    excludedServices: externalIds,
  }),
).refine((need) => need.community !== null || need.resident !== null, {
  ...rule('community_or_resident', '社区和居民须至少填写一项', 'is required where no resident is given'),
  path: ['community'],
});
type NeedImportRow = z.output<typeof needRow>;

/** How a list of needs (需求清单) comes in. */
export const needImport: ImportDefinition<NeedImportRow> = {
  list: 'needs',
  columns: COLUMNS,
  schema: (context) =>
    recordSchema(
      cellsOf(context),
      (read) => ({
        externalId: read.external_id,
        resident: read.resident,
        community: read.community,
        category: read.category,
        title: read.title,
        description: read.description,
        channel: read.channel ?? 'IMPORT',
        urgency: Number(read.urgency ?? 3),
        quantity: read.quantity ?? 1,
        registeredAt: read.registered_at,
        earliestAt: read.earliest_at,
        deadlineAt: read.deadline_at,
        preferredWindows: read.preferred_windows ?? [],
        maximumPriceFen: read.maximum_price_yuan,
        latitude: read.latitude,
        longitude: read.longitude,
        preferredProviders: read.preferred_providers,
        excludedProviders: read.excluded_providers,
        preferredServices: read.preferred_services,
        excludedServices: read.excluded_services,
        excludedNatures: read.excluded_natures,
      }),
      needRow,
      { maximumPriceFen: 'maximum_price_yuan' },
    ),
  externalIdOf: (row) => row.externalId,
  write: writeImportedNeeds,
};

/** One finder an import: a list of a million needs is read with the taxonomy as it was at its first row without a category. */
const finders = new WeakMap<ImportContext, Promise<CategoryFinder>>();

async function writeImportedNeeds(
  tx: Transaction,
  context: ImportContext,
  rows: readonly NeedImportRow[],
): Promise<readonly ImportOutcome[]> {
  const find = rows.some((row) => row.category === null) ? await finderOf(tx, context) : () => [];
  const categorised = rows.map((row): CategorisedRow => {
    if (row.category !== null) return { row, category: row.category, considered: [] };
    const considered = find(`${row.title} ${row.description}`, CATEGORIES_NAMED);
    return { row, category: sureCategory(considered), considered };
  });
  const references = await findReferences(tx, context.areaId, {
    communities: rows.flatMap((row) => row.community ?? []),
    residents: rows.flatMap((row) => row.resident ?? []),
    categories: categorised.flatMap(({ category }) => category ?? []),
    providers: rows.flatMap((row) => [...row.preferredProviders, ...row.excludedProviders]),
    services: rows.flatMap((row) => [...row.preferredServices, ...row.excludedServices]),
  });
  const resolved = categorised.map((row) => resolve(row, references));
  const written = await writeNeeds(
    tx,
    context,
    resolved.flatMap(({ need }) => need ?? []),
  );
  const next = written.values();
  return resolved.map(({ need, issues }) =>
    need === null ? { outcome: 'REJECTED', issues } : outcomeOf(next.next().value!),
  );
}

function finderOf(tx: Transaction, context: ImportContext): Promise<CategoryFinder> {
  const known = finders.get(context);
  if (known) return known;
  const finder = readCategoryFinder(tx, context.areaId);
  finders.set(context, finder);
  finder.catch(() => finders.delete(context));
  return finder;
}

/** A row with its category, stated or found; `null` where the text leaves it open. */
type CategorisedRow = {
  readonly row: NeedImportRow;
  readonly category: string | null;
  readonly considered: readonly RankedCategory[];
};

type Resolved =
  | { readonly need: NeedRow; readonly issues: null }
  | { readonly need: null; readonly issues: readonly InputIssue[] };

/** Puts ids in the place of external ids and codes. */
function resolve({ row, category, considered }: CategorisedRow, references: References): Resolved {
  const { resident, community, category: stated, ...rest } = row;
  const { preferredProviders, excludedProviders, preferredServices, excludedServices, excludedNatures, ...content } =
    rest;
  const issues: InputIssue[] = [];
  const idsOf = (column: string, kind: ReferenceKind, names: readonly string[]) => {
    const unknown = names.filter((name) => !references[kind].has(name));
    if (unknown.length > 0) issues.push(unknownReference(column, kind, unknown));
    return names.flatMap((name) => references[kind].get(name)?.id ?? []);
  };
  const [residentId = null] = idsOf('resident', 'residents', resident === null ? [] : [resident]);
  const [communityId = references.residents.get(resident ?? '')?.communityId] = idsOf(
    'community',
    'communities',
    community === null ? [] : [community],
  );
  const [categoryId] = idsOf('category', 'categories', category === null ? [] : [category]);
  if (category === null) {
    issues.push({ path: ['category'], rule: 'category_unclear', text: categoryUnclearText(considered) });
  }
  const preferences = preferencesOf({
    preferredProviderIds: idsOf('preferred_providers', 'providers', preferredProviders),
    excludedProviderIds: idsOf('excluded_providers', 'providers', excludedProviders),
    preferredServiceIds: idsOf('preferred_services', 'services', preferredServices),
    excludedServiceIds: idsOf('excluded_services', 'services', excludedServices),
    excludedNatures,
  });
  if (issues.length > 0 || !communityId || !categoryId) return { need: null, issues };
  const categorySource = stated === null ? 'TEXT' : 'STATED';
  return { issues: null, need: { ...content, communityId, residentId, categoryId, categorySource, preferences } };
}

function outcomeOf({ id, outcome, state }: NeedWritten): ImportOutcome {
  if (outcome === 'CREATED') return { outcome, id };
  if (outcome !== 'REFUSED') return { outcome: 'UPDATED', id };
  const { text } = new NeedNotWaiting(state);
  return { outcome: 'REJECTED', issues: [{ path: ['external_id'], rule: 'not_waiting', text }] };
}
