/** What others may call of the fit. */

export { type CategoryFit, type Fit, type FitGroups, type FitRow, fitByCategory, measureFit } from './fit.store.ts';
export type { FitCounts, FitRates } from './fit.ts';
export type { FitFilter, FitPeriod } from './scope.store.ts';
export { SMALLEST_GROUP } from './withholding.store.ts';
