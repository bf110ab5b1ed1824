import type { Catalogue } from '../catalogue/catalogue.ts';
import { CHOSEN_PROVIDER_VALUE } from '../factors.ts';
import { type Weights, weightOf } from '../profile.ts';
import { type NeedRecord, SCORE_SCALE } from '../records.ts';
import type { PreparedNeed } from './prepared-need.ts';
import { MARK, type Workspace } from './workspace.ts';

/** Sets the marks of what the need says by name, or takes them away again. */
export function markNames(catalogue: Catalogue, { need }: PreparedNeed, workspace: Workspace, set: boolean): void {
  const markProviders = (ids: readonly string[], mark: number) => {
    for (const id of ids) {
      const number = catalogue.providers.find(id);
      if (number !== -1) workspace.providerMarks[number] = set ? workspace.providerMarks[number]! | mark : 0;
    }
  };
  const markRows = (ids: readonly string[], mark: number) => {
    for (const id of ids) {
      const row = catalogue.rowOf(id);
      if (row !== -1) workspace.rowMarks[row] = set ? workspace.rowMarks[row]! | mark : 0;
    }
  };
  markProviders(need.excludedProviders, MARK.excluded);
  markProviders(need.preferredProviders, MARK.preferred);
  markProviders(need.previousProviders, MARK.previous);
  markRows(need.excludedServices, MARK.excluded);
  markRows(need.preferredServices, MARK.preferred);
}

/** Whether the need says anything of a provider, a service or a nature. */
export function namesAnything(need: NeedRecord): boolean {
  return (
    need.excludedProviders.length > 0 ||
    need.excludedServices.length > 0 ||
    need.excludedNatures.length > 0 ||
    need.preferredProviders.length > 0 ||
    need.preferredServices.length > 0 ||
    need.previousProviders.length > 0
  );
}

/** What CONTINUITY and CHOICE give for these marks. */
export function wishSum(weights: Weights, providerMarks: number, rowMarks: number): number {
  const choice = weightOf(weights, 'CHOICE');
  const continuity = (providerMarks & MARK.previous) !== 0 ? weightOf(weights, 'CONTINUITY') * SCORE_SCALE : 0;
  if ((rowMarks & MARK.preferred) !== 0) return continuity + choice * SCORE_SCALE;
  if ((providerMarks & MARK.preferred) !== 0) return continuity + choice * CHOSEN_PROVIDER_VALUE;
  return continuity;
}
