/** What other features may call of the needs and residents. */

export {
  CATEGORIES_NAMED,
  categoryUnclearText,
  type RankedCategory,
  sureCategory,
} from '../communities/category-by-text.ts';
export { mayFetchNeed, mayFetchResident, needsInReach, residentsInReach } from './access.ts';
export { eraseAsSystem, listErasures } from './erasure.store.ts';
export {
  assertNeedTransition,
  mayNeedBecome,
  NEED,
  NEED_STATES,
  NEED_TRANSITIONS,
  nextNeedStates,
  previousNeedStates,
  WAITING_NEED_STATES,
} from './lifecycle.ts';
export { needImport } from './need.import.ts';
export { residentImport } from './resident.import.ts';
export { RESIDENT } from './resident.ts';
export { residentDocument } from './resident-document.store.ts';
