/** What other features may call of the orders. */
export { ordersInReach } from './access.ts';
export { capacityPeriodStarts } from './capacity.ts';
export type { EvaluateCandidate } from './choice.store.ts';
export { type Dispatch, type DispatchOutcome, dispatchOrders } from './dispatch.store.ts';
export { type Expiry, expireOverdueOrders } from './expiry.store.ts';
export { ORDER, ORDER_STATES } from './lifecycle.ts';
export { cancelOrdersOfNeeds } from './order.store.ts';
export { type OrderChange, publishOrderChanges } from './order-changes.ts';
