import { encodeGlobalID } from '@pothos/plugin-relay';
import { CategoryType } from '../communities/category.graphql.ts';
import { CommunityType } from '../communities/community.graphql.ts';
import { AccountKind, LedgerEntryKind, LedgerUnit, TransferState } from '../generated/prisma/enums.ts';
import { builder } from '../graphql/builder.ts';
import { describedEnum } from '../graphql/enums.ts';
import { guardNode } from '../graphql/node-access.ts';
import { demandAtAll } from '../identity/policy.ts';
import { ledgersInReach } from './access.ts';

export const LedgerEntryKindEnum = describedEnum(
  'LedgerEntryKind',
  'What a ledger entry records (台账条目类型).',
  LedgerEntryKind,
  {
    NEED_REGISTERED: 'A need was registered (需求登记)',
    NEED_WITHDRAWN: 'A need was withdrawn (需求撤回)',
    SERVICE_PUBLISHED: 'A service was published (服务发布)',
    SERVICE_WITHDRAWN: 'A service was withdrawn (服务撤下)',
    ORDER_EVENT: 'An order changed (订单事件)',
    APPRAISAL: 'An order was appraised (评议)',
    TRANSFER: 'A transfer was opened, posted or voided (转账)',
    PERIOD_CLOSED: 'A period was closed (结账)',
  },
);

export const AccountKindEnum = describedEnum('AccountKind', 'Whose and what an account is (账户类型).', AccountKind, {
  PROVIDER_SUPPLY: 'What a provider supplied (供给)',
  COMMUNITY_RECEIPT: 'What the residents of the community received (社区受益)',
  RESIDENT_PAYMENT: 'What a resident owes or paid (居民付费)',
  PROVIDER_INCOME: 'What a provider earned (供给主体收入)',
  PROGRAMME_FUND: 'What a funding programme paid (项目资金)',
  PROVIDER_GIFT: 'What a provider gave of its price (供给主体让利)',
  PROVIDER_PAYOUT: 'What was paid out to a provider (已付供给主体)',
  COMMUNITY_RECOGNITION: 'What the community recognises, in volunteer hours and points (社区认可)',
  RECOGNITION_HELD: 'Volunteer hours and points that someone holds (持有的时长与积分)',
});

export const LedgerUnitEnum = describedEnum('LedgerUnit', 'What an account counts (记账单位).', LedgerUnit, {
  FEN: 'Money in fen (分)',
  VISIT: 'Visits (次)',
  MEAL: 'Meals (餐)',
  HOUR: 'Hours (小时)',
  CASE: 'Cases (件)',
  ITEM: 'Items (台/个)',
  VOLUNTEER_HOUR: 'Volunteer hours (志愿时长)',
  POINT: 'Points (积分)',
});

export const TransferStateEnum = describedEnum('TransferState', 'Where a transfer stands (转账状态).', TransferState, {
  PENDING: 'Promised with an order (待记)',
  POSTED: 'Final; the order was confirmed (已记)',
  VOIDED: 'Taken back; the order ended otherwise (作废)',
});

export const LedgerType = builder.prismaNode('Ledger', {
  id: { field: 'id' },
  description: 'The append-only book of one category in one community, a chain of hashes (台账).',
  fields: (t) => ({
    community: t.relation('community', {
      nullable: true,
      description: 'The community; null for the book of the whole area (社区).',
    }),
    category: t.relation('category', { description: 'The category (类别).' }),
    lastSeq: t.exposeInt('lastSeq', { description: 'Number of its last entry, 0 when it has none (末条序号).' }),
    lastHash: t.exposeString('lastHash', { description: 'Hash of its last entry, hexadecimal (末条哈希).' }),
    entries: t.relatedConnection('entries', {
      cursor: 'id',
      description: 'Its entries, newest first (条目).',
      totalCount: true,
      args: { kind: t.arg({ type: LedgerEntryKindEnum, description: 'Only entries of this kind (条目类型).' }) },
      query: ({ kind }) => ({ ...(kind ? { where: { kind } } : {}), orderBy: { seq: 'desc' } }),
    }),
    accounts: t.relatedConnection('accounts', {
      cursor: 'id',
      description: 'Its accounts with their balances (账户).',
      totalCount: true,
      args: {
        kind: t.arg({ type: AccountKindEnum, description: 'Only accounts of this kind (账户类型).' }),
        unit: t.arg({ type: LedgerUnitEnum, description: 'Only accounts of this unit (记账单位).' }),
      },
      query: ({ kind, unit }) => ({
        where: { ...(kind ? { kind } : {}), ...(unit ? { unit } : {}) },
        orderBy: { id: 'asc' },
      }),
    }),
    transfers: t.relatedConnection('transfers', {
      cursor: 'id',
      description: 'Its transfers, newest first (转账).',
      totalCount: true,
      args: { state: t.arg({ type: TransferStateEnum, description: 'Only transfers in this state (转账状态).' }) },
      query: ({ state }) => ({ ...(state ? { where: { state } } : {}), orderBy: { id: 'desc' } }),
    }),
  }),
});

/** The type of what an entry of each kind is about. */
const SUBJECT_TYPES: Readonly<Record<LedgerEntryKind, string>> = {
  NEED_REGISTERED: 'Need',
  NEED_WITHDRAWN: 'Need',
  SERVICE_PUBLISHED: 'Service',
  SERVICE_WITHDRAWN: 'Service',
  ORDER_EVENT: 'Order',
  APPRAISAL: 'Appraisal',
  TRANSFER: 'Transfer',
  PERIOD_CLOSED: 'Ledger',
};

export const LedgerEntryType = builder.prismaNode('LedgerEntry', {
  id: { field: 'id' },
  description:
    'One entry of a ledger. Its hash is SHA-256 over the canonical JSON (RFC 8785) of ledgerId, seq, kind, subjectId, actorId, at, body and prevHash (台账条目).',
  fields: (t) => ({
    seq: t.exposeInt('seq', { description: 'Its number, from 1 without gaps (序号).' }),
    kind: t.expose('kind', { type: LedgerEntryKindEnum, description: 'What it records (类型).' }),
    subjectId: t.globalID({
      description: 'Id of what it is about, to be fetched by `node` where you may read it (对象编号).',
      resolve: ({ kind, subjectId }) => ({ type: SUBJECT_TYPES[kind], id: subjectId }),
    }),
    actorId: t.id({
      nullable: true,
      description: 'Id of the user who did it; null for the system (操作人编号).',
      resolve: ({ actorId }) => (actorId === null ? null : encodeGlobalID('User', actorId)),
    }),
    at: t.expose('at', { type: 'DateTime', description: 'When (时刻).' }),
    body: t.expose('body', { type: 'JSON', description: 'What is recorded; never a word that a person wrote (内容).' }),
    prevHash: t.exposeString('prevHash', { description: 'Hash of the entry before it (前一条哈希).' }),
    hash: t.exposeString('hash', { description: 'Its own hash (哈希).' }),
    ledger: t.relation('ledger', { description: 'The ledger (台账).' }),
  }),
});

export const AccountType = builder.prismaNode('Account', {
  id: { field: 'id' },
  description: 'An account of a ledger; its balances are the sums of its transfers (账户).',
  fields: (t) => ({
    kind: t.expose('kind', { type: AccountKindEnum, description: 'Whose and what it is (类型).' }),
    ownerId: t.globalID({
      description: 'Id of the provider, resident or programme whose it is, or of the ledger itself (所有者编号).',
      resolve: async ({ kind, ownerId, ledgerId }, _args, { database }) => {
        if (ownerId === ledgerId) return { type: 'Ledger', id: ownerId };
        if (kind === 'PROGRAMME_FUND') return { type: 'FundingProgramme', id: ownerId };
        if (kind === 'RESIDENT_PAYMENT') return { type: 'Resident', id: ownerId };
        if (kind !== 'RECOGNITION_HELD') return { type: 'Provider', id: ownerId };
        // Residents and providers alike hold recognition; the client gathers the look-ups of a page into one statement.
        const resident = await database.prisma.resident.findUnique({ where: { id: ownerId }, select: { id: true } });
        return { type: resident === null ? 'Provider' : 'Resident', id: ownerId };
      },
    }),
    unit: t.expose('unit', { type: LedgerUnitEnum, description: 'What it counts (单位).' }),
    debitsPending: t.expose('debitsPending', { type: 'Amount', description: 'Debits still pending (待记借方).' }),
    debitsPosted: t.expose('debitsPosted', { type: 'Amount', description: 'Debits posted (已记借方).' }),
    creditsPending: t.expose('creditsPending', { type: 'Amount', description: 'Credits still pending (待记贷方).' }),
    creditsPosted: t.expose('creditsPosted', { type: 'Amount', description: 'Credits posted (已记贷方).' }),
    balance: t.field({
      type: 'Amount',
      description: 'Credits posted less debits posted (余额).',
      resolve: ({ creditsPosted, debitsPosted }) => creditsPosted - debitsPosted,
    }),
  }),
});

export const TransferType = builder.prismaNode('Transfer', {
  id: { field: 'id' },
  description:
    'Moves an amount from a debit to a credit account of the same ledger and unit; posted, it never changes (转账).',
  fields: (t) => ({
    amount: t.expose('amount', { type: 'Amount', description: 'How much (数量).' }),
    postedAmount: t.expose('postedAmount', {
      type: 'Amount',
      nullable: true,
      description: 'How much of it was posted, the rest being voided; null until then (已记数量).',
    }),
    unit: t.expose('unit', { type: LedgerUnitEnum, description: 'Of what (单位).' }),
    state: t.expose('state', { type: TransferStateEnum, description: 'Where it stands (状态).' }),
    debitAccount: t.relation('debitAccount', { description: 'From where (借方账户).' }),
    creditAccount: t.relation('creditAccount', { description: 'To where (贷方账户).' }),
    orderId: t.globalID({
      nullable: true,
      description: 'Id of the order that it belongs to (订单编号).',
      resolve: ({ orderId }) => (orderId === null ? null : { type: 'Order', id: orderId }),
    }),
    reverses: t.relation('reverses', { nullable: true, description: 'The posted transfer that it reverses (冲正).' }),
    reversedBy: t.relation('reversedBy', {
      nullable: true,
      description: 'The transfer that reverses it, in whole or in part (被冲正).',
    }),
    reason: t.exposeString('reason', {
      nullable: true,
      description: 'Why, in the words of the person who made it (原因).',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was opened (创建时间).' }),
    resolvedAt: t.expose('resolvedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was posted or voided (确定时间).',
    }),
  }),
});

guardNode('Ledger', async (id, { database, viewer }) => {
  return (await database.prisma.ledger.count({ where: { AND: [{ id }, ledgersInReach(viewer)] } })) === 1;
});
guardNode('LedgerEntry', async (id, { database, viewer }) => {
  return (await database.prisma.ledgerEntry.count({ where: { id, ledger: ledgersInReach(viewer) } })) === 1;
});
guardNode('Account', async (id, { database, viewer }) => {
  return (await database.prisma.account.count({ where: { id, ledger: ledgersInReach(viewer) } })) === 1;
});
guardNode('Transfer', async (id, { database, viewer }) => {
  return (await database.prisma.transfer.count({ where: { id, ledger: ledgersInReach(viewer) } })) === 1;
});

builder.queryFields((t) => ({
  ledgers: t.prismaConnection({
    type: 'Ledger',
    cursor: 'id',
    description: 'The ledgers that you may read (台账).',
    args: {
      communityId: t.arg.globalID({ for: CommunityType, description: 'Only those of this community (社区).' }),
      categoryId: t.arg.globalID({ for: CategoryType, description: 'Only those of this very category (类别).' }),
    },
    totalCount: (_root, args, { database, viewer }) =>
      database.prisma.ledger.count({ where: { AND: [ledgersInReach(viewer), booksOf(args)] } }),
    resolve: (query, _root, args, { database, viewer }) => {
      demandAtAll(viewer, 'ledger.read');
      return database.prisma.ledger.findMany({
        ...query,
        where: { AND: [ledgersInReach(viewer), booksOf(args)] },
        orderBy: { id: 'asc' },
      });
    },
  }),
}));

type BookFilter = {
  readonly communityId?: { readonly id: string } | null | undefined;
  readonly categoryId?: { readonly id: string } | null | undefined;
};

function booksOf({ communityId, categoryId }: BookFilter) {
  return {
    ...(communityId ? { communityId: communityId.id } : {}),
    ...(categoryId ? { categoryId: categoryId.id } : {}),
  };
}
