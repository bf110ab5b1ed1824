import { z } from 'zod';
import { CategoryType } from '../communities/category.graphql.ts';
import { CommunityType } from '../communities/community.graphql.ts';
import { NotFound } from '../failures.ts';
import { builder } from '../graphql/builder.ts';
import { Failure } from '../graphql/failures.graphql.ts';
import { demand, demandAtAll } from '../identity/policy.ts';
import { parseInput, plainText, rule } from '../input.ts';
import { ResidentType } from '../needs/resident.graphql.ts';
import { ProviderType } from '../services/provider.graphql.ts';
import { AccountOverdrawn, TransferIrreversible } from './correction.ts';
import { LedgerUnitEnum, TransferType } from './ledger.graphql.ts';
import { type Holder, readHeldRecognition, recordRecognition, spendRecognition } from './recognition.store.ts';
import { reverseTransfer } from './reversal.store.ts';

builder.objectType(TransferIrreversible, {
  name: 'TransferIrreversible',
  description: 'The transfer cannot be reversed (不能冲正).',
  interfaces: [Failure],
  fields: (t) => ({
    because: t.exposeString('because', {
      description: 'Why: NOT_POSTED, IS_REVERSAL, REVERSED, SETTLED or PAYOUT (原因).',
    }),
  }),
});

builder.objectType(AccountOverdrawn, {
  name: 'AccountOverdrawn',
  description: 'The account from which the amount is to go holds less (余额不足).',
  interfaces: [Failure],
  fields: (t) => ({
    available: t.expose('available', { type: 'Amount', description: 'What may still be taken from it (可用余额).' }),
  }),
});

const MOST = 9_007_199_254_740_991n;
const reason = plainText(1000, 1);
const amount = z.bigint().min(1n).max(MOST);

const ReverseTransferInputType = builder.inputType('ReverseTransferInput', {
  description: 'A posted transfer that is to go back (冲正).',
  fields: (t) => ({
    transferId: t.globalID({ for: TransferType, required: true, description: 'The transfer (转账).' }),
    amount: t.field({ type: 'Amount', description: 'How much goes back; the whole when not given (数量).' }),
    reason: t.string({ required: true, description: 'Why (原因).' }),
  }),
});

const RecognitionUnitEnum = builder.enumType('RecognitionUnit', {
  description: 'What is recognised (认可单位).',
  values: {
    VOLUNTEER_HOUR: { description: 'Volunteer hours (志愿时长)' },
    POINT: { description: 'Points (积分)' },
  },
});

const RecognitionInputType = builder.inputType('RecognitionInput', {
  description: 'Volunteer hours or points that someone is given, or spends (志愿时长与积分).',
  fields: (t) => ({
    communityId: t.globalID({ for: CommunityType, required: true, description: 'The community (社区).' }),
    categoryId: t.globalID({ for: CategoryType, required: true, description: 'In which category (类别).' }),
    residentId: t.globalID({ for: ResidentType, description: 'Who holds it, where a resident does (居民).' }),
    providerId: t.globalID({ for: ProviderType, description: 'Who holds it, where a provider does (供给主体).' }),
    unit: t.field({ type: RecognitionUnitEnum, required: true, description: 'Of what (单位).' }),
    amount: t.field({ type: 'Amount', required: true, description: 'How much, at least 1 (数量).' }),
    reason: t.string({ required: true, description: 'For what (事由).' }),
  }),
});

const recognitionInput = z.object({ amount, reason });
const oneHolder = z
  .object({ residentId: z.uuid().optional(), providerId: z.uuid().optional() })
  .refine(
    ({ residentId, providerId }) => (residentId === undefined) !== (providerId === undefined),
    rule('one_holder', '居民与供给主体须且只须给出一个', 'exactly one of residentId and providerId must be given'),
  );

type GivenHolder = {
  readonly residentId?: { readonly id: string } | null | undefined;
  readonly providerId?: { readonly id: string } | null | undefined;
};

function holderOf({ residentId, providerId }: GivenHolder, path: readonly string[] = ['input']): Holder {
  const given = { residentId: residentId?.id, providerId: providerId?.id };
  const holder = parseInput(oneHolder, given, path);
  return holder.residentId !== undefined ? { residentId: holder.residentId } : { providerId: holder.providerId! };
}

builder.mutationFields((t) => ({
  reverseTransfer: t.prismaField({
    type: 'Transfer',
    description:
      'Reverses a posted transfer, once, in whole or in part, by a transfer the other way that names it (冲正转账).',
    errors: { types: [TransferIrreversible, AccountOverdrawn] },
    args: { input: t.arg({ type: ReverseTransferInputType, required: true, description: 'What and why (冲正内容).' }) },
    resolve: async (query, _root, { input }, { database, viewer, clock }) => {
      const given = parseInput(z.object({ amount: amount.nullish(), reason }), input);
      const reversal = { ...given, amount: given.amount ?? null, transferId: input.transferId.id };
      const id = await reverseTransfer(database, viewer, reversal, clock());
      return database.prisma.transfer.findUniqueOrThrow({ ...query, where: { id } });
    },
  }),
  recordRecognition: t.prismaField({
    type: 'Transfer',
    description: 'Records volunteer hours or points that the community recognises (登记志愿时长与积分).',
    errors: { types: [AccountOverdrawn] },
    args: { input: t.arg({ type: RecognitionInputType, required: true, description: 'To whom and what (登记内容).' }) },
    resolve: async (query, _root, { input }, { database, viewer, clock }) => {
      const id = await recordRecognition(database, viewer, recognitionOf(input), clock());
      return database.prisma.transfer.findUniqueOrThrow({ ...query, where: { id } });
    },
  }),
  spendRecognition: t.prismaField({
    type: 'Transfer',
    description: 'Records that someone spends volunteer hours or points that they hold there (兑换志愿时长与积分).',
    errors: { types: [AccountOverdrawn] },
    args: { input: t.arg({ type: RecognitionInputType, required: true, description: 'Who and what (兑换内容).' }) },
    resolve: async (query, _root, { input }, { database, viewer, clock }) => {
      const id = await spendRecognition(database, viewer, recognitionOf(input), clock());
      return database.prisma.transfer.findUniqueOrThrow({ ...query, where: { id } });
    },
  }),
}));

function recognitionOf(input: typeof RecognitionInputType.$inferInput) {
  const given = parseInput(recognitionInput, input);
  const { communityId, categoryId, unit } = input;
  return { ...given, communityId: communityId.id, categoryId: categoryId.id, holder: holderOf(input), unit };
}

const HeldRecognitionType = builder
  .objectRef<{ readonly unit: 'VOLUNTEER_HOUR' | 'POINT'; readonly held: bigint }>('HeldRecognition')
  .implement({
    description: 'Volunteer hours or points that someone holds, over all ledgers (持有的时长与积分).',
    fields: (t) => ({
      unit: t.expose('unit', { type: LedgerUnitEnum, description: 'Of what (单位).' }),
      held: t.expose('held', { type: 'Amount', description: 'How much (余额).' }),
    }),
  });

builder.queryFields((t) => ({
  heldRecognition: t.field({
    type: [HeldRecognitionType],
    description: 'What a resident or a provider holds of volunteer hours and points (志愿时长与积分).',
    args: {
      residentId: t.arg.globalID({ for: ResidentType, description: 'The resident (居民).' }),
      providerId: t.arg.globalID({ for: ProviderType, description: 'The provider (供给主体).' }),
    },
    resolve: async (_root, args, { database, viewer }) => {
      demandAtAll(viewer, 'recognition.read');
      const holder = holderOf(args, []);
      const { areaId } = viewer;
      if ('residentId' in holder) {
        const kind = { zh: '居民', en: 'resident' };
        // Auditors read what residents hold, and not the residents.
        const resident = await database.system.prisma.resident.findFirst({ where: { id: holder.residentId, areaId } });
        if (resident === null) throw new NotFound(kind);
        const { communityId } = resident;
        demand(viewer, 'recognition.read', { areaId, communityId, residentId: resident.id }, 'resident.read', kind);
      } else {
        const { providerId } = holder;
        const kind = { zh: '供给主体', en: 'provider' };
        demand(viewer, 'recognition.read', { areaId, providerId }, 'service.readUnpublished', kind);
      }
      return [...(await readHeldRecognition(database.prisma, holder))];
    },
  }),
}));
