import { ExpectedFailure } from '../failures.ts';
import type { ServiceUnit } from '../generated/prisma/enums.ts';
import type { TransferPlan } from '../ledger/index.ts';
import type { BilingualText, Constraint } from '../matching/records.ts';

/** The name of what an order is of, for messages. */
export const SERVICE = { zh: '服务', en: 'service' } as const;

/** Why a need became UNMET by its orders: every candidate declined or let its order expire. */
export const ALL_DECLINED = 'ALL_DECLINED';

/**
 * What an order moves (记账规则): its units of service from the provider to the community, and its price, where there is
 * one, from the resident to the provider.
 *
 * @param order `residentId` is null where a need has no resident; then the community's own account pays
 */
export function transfersOfOrder(order: {
  readonly providerId: string;
  readonly residentId: string | null;
  readonly quantity: number;
  readonly unit: ServiceUnit;
  readonly unitPriceFen: number;
}): readonly TransferPlan[] {
  const { providerId, residentId, quantity, unit, unitPriceFen } = order;
  const service: TransferPlan = {
    debit: { kind: 'PROVIDER_SUPPLY', ownerId: providerId },
    credit: { kind: 'COMMUNITY_RECEIPT', ownerId: null },
    amount: BigInt(quantity),
    unit,
  };
  if (unitPriceFen === 0) return [service];
  const payment: TransferPlan = {
    debit: { kind: 'RESIDENT_PAYMENT', ownerId: residentId },
    credit: { kind: 'PROVIDER_INCOME', ownerId: providerId },
    amount: BigInt(quantity) * BigInt(unitPriceFen),
    unit: 'FEN',
  };
  return [service, payment];
}

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
