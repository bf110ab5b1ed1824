import type { Transaction } from '../database/database.ts';
import type { JsonObject } from '../ledger/chain.ts';
import { keyringIn, openAttributes, openField } from '../privacy/index.ts';
import { attributeName } from './attributes.ts';

/** What the keys of the document mean, for who reads it (字段含义). */
// biome-ignore format: a table is read by its columns
const LABELS = {
  resident: '居民', name: '姓名', externalId: '外部编号', birthDate: '出生日期', gender: '性别', phone: '电话', address: '住址',
  identityNumber: '身份证号', latitude: '纬度', longitude: '经度', attributes: '属性', community: '社区', basis: '处理依据',
  registeredAt: '登记时间', updatedAt: '更新时间', consents: '同意记录', purpose: '用途或同意事项', given: '是否同意', manner: '方式',
  at: '时刻', needs: '需求', title: '标题', description: '说明', category: '类别', categorySource: '类别来源', createdAt: '录入时间', channel: '渠道', urgency: '紧急程度',
  quantity: '数量', state: '状态', unmetReason: '未满足原因', earliestAt: '最早时间', deadlineAt: '截止时间',
  preferredWindows: '方便时段', maximumPriceFen: '最高单价（分）', preferences: '居民偏好', kind: '类型', nature: '服务性质',
  orders: '订单', service: '服务', provider: '供给主体', attempt: '第几次派单', fulfilledQuantity: '实际完成数量',
  unitPriceFen: '单价（分）', dispatchedAt: '派单时间', endedAt: '终结时间', events: '订单事件', from: '原状态', to: '新状态',
  actorRole: '操作角色', reason: '原因', appraisal: '评议', mark: '评分', resolved: '是否解决', comment: '评语',
  price: '价格构成', payer: '承担方', programme: '资金项目', amountFen: '金额（分）', candidates: '候选服务', rank: '名次',
  score: '得分（百万分制）', distanceMetres: '距离（米）', factors: '得分构成', recognition: '志愿时长和积分', unit: '单位', held: '持有',
  uses: '个人信息使用记录', action: '操作', roles: '操作人角色', fields: '信息项', generatedAt: '生成时间', labels: '字段含义',
  format: '格式', code: '编码', label: '名称', day: '星期', startMinute: '开始（分钟）', endMinute: '结束（分钟）',
  users: '登录用户', displayName: '显示名', since: '起',
} as const;

/**
 * Everything that Liangdan holds about a resident, in one document (个人信息副本): keys in English, their meaning in Chinese
 * under `labels`, instants in ISO 8601, money in fen. Of what was done with it: which roles did what and for what, without
 * who they are.
 *
 * @param residentId of a resident who is there
 */
export async function residentDocument(db: Transaction, residentId: string, now: Date): Promise<JsonObject> {
  const resident = await db.resident.findUniqueOrThrow({
    where: { id: residentId },
    include: {
      key: true,
      community: { select: { name: true } },
      consentRecords: { orderBy: [{ at: 'asc' }, { id: 'asc' }] },
      roleGrants: { select: { role: true, user: { select: { displayName: true, createdAt: true } } } },
      needs: { orderBy: { id: 'asc' }, include: NEED_PARTS },
    },
  });
  const accounts = await db.account.findMany({ where: { ownerId: residentId, kind: 'RECOGNITION_HELD' } });
  const uses = await db.auditEntry.findMany({
    where: { areaId: resident.areaId, subjectId: residentId },
    orderBy: { id: 'asc' },
    select: { at: true, action: true, roles: true, purpose: true, body: true },
  });
  const keyring = keyringIn(db);
  const open = (field: 'name' | 'phone' | 'address' | 'identityNumber') =>
    openField(keyring, resident, field, resident[field]);
  const document = {
    format: 'liangdan resident export 1',
    generatedAt: now,
    labels: LABELS,
    resident: {
      externalId: resident.externalId,
      name: open('name'),
      birthDate: resident.birthDate?.toISOString().slice(0, 10) ?? null,
      gender: resident.gender,
      phone: open('phone'),
      address: open('address'),
      identityNumber: open('identityNumber'),
      latitude: resident.latitude,
      longitude: resident.longitude,
      attributes: openAttributes(keyring, resident, resident.attributes).map((code) => {
        return { code, label: attributeName(code).zh };
      }),
      community: resident.community.name,
      basis: resident.basis,
      registeredAt: resident.createdAt,
      updatedAt: resident.updatedAt,
    },
    users: resident.roleGrants.map(({ role, user }) => {
      return { displayName: user.displayName, roles: [role], since: user.createdAt };
    }),
    consents: resident.consentRecords.map(({ purpose, given, manner, at }) => ({ purpose, given, manner, at })),
    needs: resident.needs.map(({ category, preferences, candidates, orders, ...need }) => ({
      ...withoutIds(need),
      category: category.name,
      preferences: preferences.map(({ kind, provider, service, nature }) => {
        return { kind, provider: provider?.name ?? null, service: service?.name ?? null, nature };
      }),
      candidates: candidates.map(({ service, ...candidate }) => ({ service: service.name, ...candidate })),
      orders: orders.map(({ service, provider, events, appraisal, priceParts, ...order }) => ({
        service: service.name,
        provider: provider.name,
        ...order,
        events: events.map(({ fromState, toState, ...event }) => ({ from: fromState, to: toState, ...event })),
        appraisal,
        price: priceParts.map(({ payer, programme, amountFen }) => {
          return { payer, programme: programme?.name ?? null, amountFen };
        }),
      })),
    })),
    recognition: accounts.map(({ unit, creditsPosted, debitsPosted }) => ({
      unit,
      held: creditsPosted - debitsPosted,
    })),
    uses: uses.map(({ body, ...use }) => ({ ...use, fields: (body as { fields?: unknown }).fields ?? [] })),
  };
  return JSON.parse(
    JSON.stringify(document, (_key, value) => (typeof value === 'bigint' ? Number(value) : value)),
  ) as JsonObject;
}

const NAMED = { select: { name: true } } as const;

const NEED_PARTS = {
  category: NAMED,
  preferences: { select: { kind: true, nature: true, provider: NAMED, service: NAMED } },
  candidates: {
    where: { current: true },
    orderBy: { rank: 'asc' },
    select: { rank: true, score: true, distanceMetres: true, factors: true, service: NAMED },
  },
  orders: {
    orderBy: { id: 'asc' },
    select: {
      state: true,
      attempt: true,
      quantity: true,
      fulfilledQuantity: true,
      unitPriceFen: true,
      dispatchedAt: true,
      endedAt: true,
      service: NAMED,
      provider: NAMED,
      events: {
        orderBy: { seq: 'asc' },
        select: { at: true, fromState: true, toState: true, actorRole: true, reason: true },
      },
      appraisal: { select: { at: true, mark: true, resolved: true, comment: true } },
      priceParts: {
        orderBy: { position: 'asc' },
        select: { payer: true, amountFen: true, programme: NAMED },
      },
    },
  },
} as const;

/** A need without the ids of rows, which say nothing to a reader. */
function withoutIds<Row extends object>(row: Row) {
  const { id, areaId, communityId, residentId, categoryId, version, ...rest } = row as Row & Record<string, unknown>;
  return rest;
}
