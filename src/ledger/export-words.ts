import type { AccountKind, LedgerEntryKind, LedgerUnit, TransferState } from '../generated/prisma/enums.ts';

/** What stands in the cells of a ledger that is filed. */
export const ENTRY_WORDS: Readonly<Record<LedgerEntryKind, string>> = {
  NEED_REGISTERED: '需求登记',
  NEED_WITHDRAWN: '需求撤回',
  SERVICE_PUBLISHED: '服务发布',
  SERVICE_WITHDRAWN: '服务撤下',
  ORDER_EVENT: '订单事件',
  APPRAISAL: '评议',
  TRANSFER: '转账',
  PERIOD_CLOSED: '结账',
};

export const ACCOUNT_WORDS: Readonly<Record<AccountKind, string>> = {
  PROVIDER_SUPPLY: '供给',
  COMMUNITY_RECEIPT: '社区受益',
  RESIDENT_PAYMENT: '居民付费',
  PROVIDER_INCOME: '供给主体收入',
  PROGRAMME_FUND: '项目资金',
  PROVIDER_GIFT: '供给主体让利',
  PROVIDER_PAYOUT: '已付供给主体',
  COMMUNITY_RECOGNITION: '社区认可',
  RECOGNITION_HELD: '持有的时长与积分',
};

export const UNIT_WORDS: Readonly<Record<LedgerUnit, string>> = {
  FEN: '分',
  VISIT: '次',
  MEAL: '餐',
  HOUR: '小时',
  CASE: '件',
  ITEM: '台/个',
  VOLUNTEER_HOUR: '志愿时长',
  POINT: '积分',
};

export const TRANSFER_STATE_WORDS: Readonly<Record<TransferState, string>> = {
  PENDING: '待记',
  POSTED: '已记',
  VOIDED: '作废',
};
