import { NotFound } from '../failures.ts';
import { Payer } from '../generated/prisma/enums.ts';
import { builder } from '../graphql/builder.ts';
import type { Context } from '../graphql/context.ts';
import { describedEnum } from '../graphql/enums.ts';
import { demandAtAll } from '../identity/policy.ts';
import { CandidateType } from '../matchruns/candidate.graphql.ts';
import { readsAsOwn } from '../needs/access.ts';
import { NEED } from '../needs/lifecycle.ts';
import { NeedType } from '../needs/need.graphql.ts';
import { readableServices } from '../services/access.ts';
import { ServiceType } from '../services/service.graphql.ts';
import { SERVICE } from '../services/service.ts';
import { type PriceSplit, readPrices } from './price.store.ts';
import type { PricePart } from './price.ts';

const PayerEnum = describedEnum('Payer', 'Who bears a part of a price (承担方).', Payer, {
  PROGRAMME: 'A funding programme (资金项目)',
  RESIDENT: 'The resident (居民)',
  PROVIDER: 'The provider, who gives it (供给主体让利)',
});

type NamedPart = Omit<PricePart, 'programmeId'> & { readonly programmeName: string | null };

const PricePartType = builder.objectRef<NamedPart>('PricePart').implement({
  description: 'A part of a price and who bears it (价格构成).',
  fields: (t) => ({
    payer: t.expose('payer', { type: PayerEnum, description: 'Who bears it (承担方).' }),
    amountFen: t.field({
      type: 'Fen',
      description: 'How much (金额，分).',
      resolve: ({ amountFen }) => Number(amountFen),
    }),
    programmeName: t.exposeString('programmeName', {
      nullable: true,
      description: 'Name of the programme, where one bears it (资金项目).',
    }),
  }),
});

const PriceSplitType = builder.objectRef<PriceSplit>('PriceSplit').implement({
  description:
    'How the price of an order would be split if it were dispatched now; nothing is reserved until it is (价格试算).',
  fields: (t) => ({
    priceFen: t.field({
      type: 'Fen',
      description: 'The whole price, whoever bears it (总价).',
      resolve: ({ priceFen }) => Number(priceFen),
    }),
    residentFen: t.field({
      type: 'Fen',
      description: 'What the resident would pay (居民承担).',
      resolve: ({ residentFen }) => Number(residentFen),
    }),
    isAboveMaximum: t.exposeBoolean('isAboveMaximum', {
      description: 'Whether that is more than the resident said they can pay; no such order is made (超出最高单价).',
    }),
    parts: t.field({
      type: [PricePartType],
      description:
        "Who bears what: the provider's gift, programmes in the order in which they pay, the resident (构成).",
      resolve: ({ parts }) => [...parts],
    }),
  }),
});

builder.prismaObjectFields('Order', (t) => ({
  priceParts: t.field({
    type: [PricePartType],
    description:
      "Who bears its price, fixed at its dispatch: the provider's gift, programmes, the resident; empty for what is free (价格构成).",
    select: {
      priceParts: { orderBy: { position: 'asc' }, include: { programme: { select: { name: true } } } },
    },
    resolve: ({ priceParts }) =>
      priceParts.map(({ programme, ...part }) => ({ ...part, programmeName: programme?.name ?? null })),
  }),
}));

builder.prismaObjectFields(CandidateType, (t) => ({
  price: t.loadable({
    type: PriceSplitType,
    nullable: true,
    description:
      'How its price would be split if it were chosen now; null where you do not read the need as your own or for your community (价格试算).',
    load: (keys: string[], context) => loadPrices(keys, context),
    resolve: ({ needId, serviceId }) => `${needId} ${serviceId}`,
  }),
}));

builder.queryFields((t) => ({
  priceOf: t.field({
    type: PriceSplitType,
    description: 'How the price of a service for a need would be split if it were dispatched now (价格试算).',
    args: {
      needId: t.arg.globalID({ for: NeedType, required: true, description: 'The need (需求).' }),
      serviceId: t.arg.globalID({ for: ServiceType, required: true, description: 'The service (服务).' }),
    },
    resolve: async (_root, { needId, serviceId }, { database, viewer, clock }) => {
      demandAtAll(viewer, 'need.read');
      const need = await database.prisma.need.findFirst({
        where: { id: needId.id, areaId: viewer.areaId },
        select: { areaId: true, communityId: true, residentId: true },
      });
      if (need === null || !readsAsOwn(viewer, need)) throw new NotFound(NEED, ['needId']);
      const where = { AND: [{ id: serviceId.id }, readableServices(viewer)] };
      if ((await database.prisma.service.count({ where })) === 0) throw new NotFound(SERVICE, ['serviceId']);
      const pair = { needId: needId.id, serviceId: serviceId.id };
      const [split] = await readPrices(database.system.prisma, viewer.areaId, [pair], clock());
      return split!;
    },
  }),
}));

/** Prices by need and service, `'needId serviceId'`; null where the viewer does not read the need as their own. */
async function loadPrices(keys: readonly string[], { database, viewer, clock }: Context) {
  const pairs = keys.map((key) => {
    const [needId, serviceId] = key.split(' ');
    return { needId: needId!, serviceId: serviceId! };
  });
  const needs = await database.prisma.need.findMany({
    where: { id: { in: pairs.map(({ needId }) => needId) }, areaId: viewer.areaId },
    select: { id: true, communityId: true, residentId: true },
  });
  const own = new Set(needs.filter((need) => readsAsOwn(viewer, need)).map(({ id }) => id));
  const asked = pairs.filter(({ needId }) => own.has(needId));
  // What programmes have left depends on what they paid for others.
  const splits = await readPrices(database.system.prisma, viewer.areaId, asked, clock());
  const byKey = new Map(asked.map(({ needId, serviceId }, index) => [`${needId} ${serviceId}`, splits[index]!]));
  return keys.map((key) => byKey.get(key) ?? null);
}
