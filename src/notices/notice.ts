import type { NoticeKind } from '../generated/prisma/enums.ts';
import type { BilingualText } from '../matching/records.ts';

/** What each kind of notice says (提醒与督办). */
export const NOTICE_KINDS = {
  ACCEPT_REMINDER: { zh: '接单将超时', en: 'the time to accept an order is running out' },
  COMPLETE_REMINDER: { zh: '办结将超时', en: 'the time to complete an order is running out' },
  COMPLETE_OVERDUE: { zh: '办结已超时', en: 'an order was not completed in time' },
  ESCALATED_ATTEMPTS: {
    zh: '多次派单无人接单，转社区处理',
    en: "several providers did not accept; the community's staff take over",
  },
  ESCALATED_NO_CANDIDATE: { zh: '已无候选，转社区处理', en: "no candidate is left; the community's staff take over" },
  PROGRAMME_LOW: { zh: '资金项目余额不足', en: 'little is left of the budget of a programme' },
  PROGRAMME_EXHAUSTED: { zh: '资金项目已用完', en: 'nothing is left of the budget of a programme' },
} as const satisfies Readonly<Record<NoticeKind, BilingualText>>;

/** The thing's name, for messages. */
export const NOTICE = { zh: '通知', en: 'notice' } as const;

/** Where a notice stands: someone should still look at it, or nobody has to any more. */
export type NoticeState = 'OPEN' | 'HANDLED';
