import type { Catalogue } from '../catalogue/catalogue.ts';
import { withRoomFor } from '../catalogue/growth.ts';
import { Memo } from '../catalogue/memo.ts';

/**
 * Memory that the scans of one catalogue use over and over, so that a scan allocates nothing. It holds nothing from one
 * need to the next but its size.
 */
export class Workspace {
  /** 1 or 0 by number of an eligibility rule. */
  readonly eligible = new Memo();
  /** TIMELINESS by number of a timetable; -1 for never open. */
  readonly timeliness = new Memo();
  /** Bits of `MARK` by number of a provider and by row; all 0 between scans. */
  providerMarks = new Uint8Array(0);
  rowMarks = new Uint8Array(0);
  /** Rows with several locations that this need has seen, where equal to `epoch`. */
  seen = new Int32Array(0);
  epoch = 0;
  /** Rows that pass every constraint, and their weighted sum without RELEVANCE. */
  passers = new Int32Array(0);
  partials = new Float64Array(0);
  passed = 0;
  /** Runs of entries of one posting; 18 levels of at most 6 runs, and two more. */
  readonly runs = new Int32Array(256);
  readonly gridRuns = new Float64Array(16);

  /** Forgets the need before and makes room for the catalogue as it is now. */
  begin(catalogue: Catalogue): void {
    this.eligible.begin(catalogue.eligibilities.values.length);
    this.timeliness.begin(catalogue.timetables.values.length);
    this.providerMarks = withRoomFor(this.providerMarks, catalogue.providers.values.length);
    this.rowMarks = withRoomFor(this.rowMarks, catalogue.rowEnd);
    this.seen = withRoomFor(this.seen, catalogue.rowEnd);
    this.epoch += 1;
    if (this.epoch === 2 ** 31) {
      this.seen.fill(0);
      this.epoch = 1;
    }
    this.passed = 0;
  }
}

/** Bits of what a need says of a provider or a service by name. */
export const MARK = { excluded: 1, preferred: 2, previous: 4 } as const;

const workspaces = new WeakMap<Catalogue, Workspace>();

/** The workspace of a catalogue. */
export function workspaceOf(catalogue: Catalogue): Workspace {
  const known = workspaces.get(catalogue);
  if (known) return known;
  const made = new Workspace();
  workspaces.set(catalogue, made);
  return made;
}
