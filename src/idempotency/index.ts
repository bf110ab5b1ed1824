/** What others may call: changes that are made once, however often a client asks for them. */

export { type Answered, answerOnce, forgetIdempotencyKeys } from './claim.store.ts';
export { type Claim, claimOf, IdempotencyKeyReused, idempotencyKey } from './claim.ts';
