import { ExpectedFailure } from '../failures.ts';
import type { PricePart } from '../funding/index.ts';
import type { ServiceUnit } from '../generated/prisma/enums.ts';
import type { TransferPlan } from '../ledger/index.ts';
import type { BilingualText, Constraint } from '../matching/records.ts';

/** The name of what an order is of, for messages. */
export const SERVICE = { zh: '服务', en: 'service' } as const;

/** Why a need became UNMET when as many orders as the area's terms allow were not accepted. */
export const NOT_ACCEPTED = 'NOT_ACCEPTED';

/**
 * What an order moves (记账规则): its units of service from the provider to the community, and each part of its price.
 *
 * The provider earns what the resident and the programmes pay. What it gives of its price (让利) is no income and nobody owes
 * it: it goes from the provider's gifts to what the community received, in fen beside the units, so that the books show the
 * gift while PROVIDER_INCOME holds no more than what is owed.
 *
 * @param order `residentId` is null where a need has no resident; then the community's own account pays
 */
export function transfersOfOrder(order: {
  readonly providerId: string;
  readonly residentId: string | null;
  readonly quantity: number;
  readonly unit: ServiceUnit;
  readonly parts: readonly PricePart[];
  /** Whether volunteers give the service: their hours are recognised, one for each hour that is served. */
  readonly isVolunteered: boolean;
}): readonly TransferPlan[] {
  const { providerId, residentId, quantity, unit, parts, isVolunteered } = order;
  const service: TransferPlan = {
    debit: { kind: 'PROVIDER_SUPPLY', ownerId: providerId },
    credit: { kind: 'COMMUNITY_RECEIPT', ownerId: null },
    amount: BigInt(quantity),
    unit,
  };
  const recognition: TransferPlan = {
    debit: { kind: 'COMMUNITY_RECOGNITION', ownerId: null },
    credit: { kind: 'RECOGNITION_HELD', ownerId: providerId },
    amount: BigInt(quantity),
    unit: 'VOLUNTEER_HOUR',
  };
  const payments = parts.map((part) => paymentOf(part, providerId, residentId));
  return [service, ...payments, ...(isVolunteered && unit === 'HOUR' ? [recognition] : [])];
}

function paymentOf(
  { payer, programmeId, amountFen }: PricePart,
  providerId: string,
  residentId: string | null,
): TransferPlan {
  const income = { kind: 'PROVIDER_INCOME', ownerId: providerId } as const;
  const paid = { amount: amountFen, unit: 'FEN' } as const;
  switch (payer) {
    case 'PROGRAMME': {
      const debit = { kind: 'PROGRAMME_FUND', ownerId: programmeId } as const;
      return { ...paid, debit, credit: income, programmeId: programmeId! };
    }
    case 'RESIDENT':
      return { ...paid, debit: { kind: 'RESIDENT_PAYMENT', ownerId: residentId }, credit: income };
    case 'PROVIDER': {
      const debit = { kind: 'PROVIDER_GIFT', ownerId: providerId } as const;
      return { ...paid, debit, credit: { kind: 'COMMUNITY_RECEIPT', ownerId: null } };
    }
  }
}

/** Why an order is not made whose price, after what others bear of it, is more than the resident can pay. */
export const ABOVE_MAXIMUM: BilingualText = {
  zh: '居民须承担的部分超出其能付的最高单价',
  en: 'what the resident would bear of the price is more than they can pay',
};

/** The service has no place left in its present period. */
export class CapacityExhausted extends ExpectedFailure {
  readonly code = 'CAPACITY_EXHAUSTED';

  constructor(path: readonly (string | number)[] = []) {
    super({ zh: '该服务本期名额不足', en: 'This service has not enough places left in its present period' }, path);
  }
}

/** The service is not published, not in term, or its provider is not admitted. */
export class ServiceNotOffered extends ExpectedFailure {
  readonly code = 'SERVICE_NOT_OFFERED';

  constructor(path: readonly (string | number)[] = []) {
    super(
      {
        zh: '该服务现未发布、不在期限内或供给主体未准入',
        en: 'This service is not published, not in term, or its provider is not admitted',
      },
      path,
    );
  }
}

/** The service may not serve the need: the first hard constraint that it fails, and why. */
export class ConstraintNotMet extends ExpectedFailure {
  readonly code = 'CONSTRAINT_NOT_MET';
  readonly constraint: Constraint;

  constructor(constraint: Constraint, reason: BilingualText, path: readonly (string | number)[] = []) {
    super(
      { zh: `不符合硬约束${constraint}：${reason.zh}`, en: `Hard constraint ${constraint} is not met: ${reason.en}` },
      path,
    );
    this.constraint = constraint;
  }
}

/** The order was appraised already; an appraisal is given once and not changed. */
export class AlreadyAppraised extends ExpectedFailure {
  readonly code = 'ALREADY_APPRAISED';

  constructor() {
    super({ zh: '该订单已评议过', en: 'This order was appraised already' });
  }
}
