import { CommunityType } from '../communities/community.graphql.ts';
import { builder } from '../graphql/builder.ts';
import { Failure } from '../graphql/failures.graphql.ts';
import { whenRepeated } from '../graphql/idempotency-plugin.ts';
import { guardNode } from '../graphql/node-access.ts';
import { ledgersInReach } from './access.ts';
import { AccountType, LedgerType } from './ledger.graphql.ts';
import { type ClosingScope, closeLedgerPeriod, closeLedgers, finishClosing } from './period.store.ts';
import { PeriodClosed } from './period.ts';

builder.objectType(PeriodClosed, {
  name: 'PeriodClosed',
  description: 'What is to be recorded lies in a closed period of its ledger (账期已结).',
  interfaces: [Failure],
});

builder.prismaObject('LedgerPeriodBalance', {
  description: 'What an account held at the end of a closed period (期末余额).',
  fields: (t) => ({
    account: t.relation('account', { type: AccountType, description: 'The account (账户).' }),
    debitsPending: t.expose('debitsPending', { type: 'Amount', description: 'Debits then pending (待记借方).' }),
    debitsPosted: t.expose('debitsPosted', { type: 'Amount', description: 'Debits posted until then (已记借方).' }),
    creditsPending: t.expose('creditsPending', { type: 'Amount', description: 'Credits then pending (待记贷方).' }),
    creditsPosted: t.expose('creditsPosted', { type: 'Amount', description: 'Credits posted until then (已记贷方).' }),
    balance: t.field({
      type: 'Amount',
      description: 'Credits posted less debits posted (余额).',
      resolve: ({ creditsPosted, debitsPosted }) => creditsPosted - debitsPosted,
    }),
  }),
});

export const LedgerPeriodType = builder.prismaNode('LedgerPeriod', {
  id: { field: 'id' },
  description:
    'A closed period of a ledger: nothing more is entered before its end, and its balances are carried on (已结账期).',
  fields: (t) => ({
    ledger: t.relation('ledger', { description: 'The ledger (台账).' }),
    periodTo: t.expose('periodTo', {
      type: 'DateTime',
      description: 'Its end, itself not in the period; it begins where the one before ended (截止时刻).',
    }),
    closingSeq: t.exposeInt('closingSeq', { description: 'Number of the last entry before its end (末条序号).' }),
    closedAt: t.expose('closedAt', { type: 'DateTime', description: 'When it was closed (结账时间).' }),
    balances: t.relatedConnection('balances', {
      cursor: 'periodId_accountId',
      description: 'The accounts that held something at its end (期末余额).',
      totalCount: true,
      query: { orderBy: { accountId: 'asc' } },
    }),
  }),
});

builder.prismaObjectFields(LedgerType, (t) => ({
  closedBefore: t.expose('closedBefore', {
    type: 'DateTime',
    nullable: true,
    description: 'Nothing is entered before this instant any more: the end of its last closed period (结账至).',
  }),
  periods: t.relatedConnection('periods', {
    cursor: 'id',
    description: 'Its closed periods, newest first (已结账期).',
    totalCount: true,
    query: { orderBy: { periodTo: 'desc' } },
  }),
}));

guardNode('LedgerPeriod', async (id, { database, viewer }) => {
  return (await database.prisma.ledgerPeriod.count({ where: { id, ledger: ledgersInReach(viewer) } })) === 1;
});

const UNTIL =
  'End of the period, itself not in it, at least 15 minutes ago; the last end of a month of local time when not given (截止时刻).';

const CloseLedgerPeriodInputType = builder.inputType('CloseLedgerPeriodInput', {
  description: 'A ledger whose period is to be closed (结账).',
  fields: (t) => ({
    ledgerId: t.globalID({ for: LedgerType, required: true, description: 'The ledger (台账).' }),
    until: t.field({ type: 'DateTime', description: UNTIL }),
  }),
});

const CloseCommunityLedgersInputType = builder.inputType('CloseCommunityLedgersInput', {
  description: 'A community whose ledgers are all to be closed (社区结账).',
  fields: (t) => ({
    communityId: t.globalID({ for: CommunityType, required: true, description: 'The community (社区).' }),
    until: t.field({ type: 'DateTime', description: UNTIL }),
  }),
});

const CloseAreaLedgersInputType = builder.inputType('CloseAreaLedgersInput', {
  description: 'Up to when all ledgers of the area are to be closed (全区结账).',
  fields: (t) => ({ until: t.field({ type: 'DateTime', description: UNTIL }) }),
});

/** Each ledger is closed by itself, so a call that was interrupted has left some of them open. */
const whenClosedAgain = (scopeOf: (answerId: string) => ClosingScope) =>
  whenRepeated(async (answerId, input, { database, viewer, clock }, askedAt) => {
    const until = (input.until as Date | null | undefined) ?? null;
    await finishClosing(database, viewer, scopeOf(answerId), until, askedAt, clock());
  });

builder.mutationFields((t) => ({
  closeLedgerPeriod: t.prismaField({
    type: 'LedgerPeriod',
    description:
      'Closes the period of a ledger: its balances are recomputed, kept and recorded in the chain; closing it again answers the same period (结账).',
    errors: {},
    args: {
      input: t.arg({
        type: CloseLedgerPeriodInputType,
        required: true,
        description: 'Which and up to when (结账内容).',
      }),
    },
    resolve: async (query, _root, { input }, { database, viewer, clock }) => {
      const id = await closeLedgerPeriod(database, viewer, input.ledgerId.id, input.until ?? null, clock());
      return database.prisma.ledgerPeriod.findUniqueOrThrow({ ...query, where: { id } });
    },
  }),
  closeCommunityLedgers: t.prismaField({
    type: 'Community',
    description:
      'Closes the period of every ledger of a community; those closed so far already stay so. One that was interrupted goes on when it is called again, with its key or without (社区结账).',
    errors: {},
    extensions: whenClosedAgain((communityId) => ({ communityId })),
    args: {
      input: t.arg({
        type: CloseCommunityLedgersInputType,
        required: true,
        description: 'Which and up to when (结账内容).',
      }),
    },
    resolve: async (query, _root, { input }, { database, viewer, clock }) => {
      const { id } = input.communityId;
      await closeLedgers(database, viewer, { communityId: id }, input.until ?? null, clock());
      return database.prisma.community.findUniqueOrThrow({ ...query, where: { id } });
    },
  }),
  closeAreaLedgers: t.prismaField({
    type: 'Area',
    description:
      'Closes the period of every ledger of the area; those closed so far already stay so. One that was interrupted goes on when it is called again, with its key or without (全区结账).',
    errors: {},
    extensions: whenClosedAgain(() => ({ wholeArea: true })),
    args: { input: t.arg({ type: CloseAreaLedgersInputType, required: true, description: 'Up to when (结账内容).' }) },
    resolve: async (query, _root, { input }, { database, viewer, clock }) => {
      await closeLedgers(database, viewer, { wholeArea: true }, input.until ?? null, clock());
      return database.prisma.area.findUniqueOrThrow({ ...query, where: { id: viewer.areaId } });
    },
  }),
}));
