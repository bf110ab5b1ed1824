import type { Catalogue } from '../catalogue/catalogue.ts';
import { withRoomFor } from '../catalogue/growth.ts';
import { Memo } from '../catalogue/memo.ts';
import { BestRows } from './best-rows.ts';
import { GreatestSums } from './greatest-sums.ts';

/**
 * Memory that the scans of one catalogue use over and over, so that a scan allocates nothing. It holds nothing from one
 * need to the next but its size.
 */
export class Workspace {
  /** 1 or 0 by number of an eligibility rule. */
  readonly eligible = new Memo();
  /** 1 + TIMELINESS by number of a timetable; 0 for never open. */
  readonly timeliness = new Memo();
  /** Bits of `MARK` by number of a provider and by row; all 0 between scans. */
  providerMarks = new Uint8Array(0);
  rowMarks = new Uint8Array(0);
  /** Rows that may come up again and have been seen for this need, where equal to `epoch`. */
  seen = new Int32Array(0);
  epoch = 0;
  /** How many rows pass every constraint. */
  passed = 0;
  /** Those of them that may be among the best, and their weighted sums without RELEVANCE. */
  readonly kept = new KeptRows();
  /** The best of those. */
  readonly best: BestRows;
  /** Runs of entries of one posting; 18 levels of at most 6 runs, and two more. */
  readonly runs = new Int32Array(256);
  readonly gridRuns = new Float64Array(16);

  constructor(catalogue: Catalogue) {
    this.best = new BestRows(catalogue.ids);
  }

  /** Forgets the need before and makes room for the catalogue as it is now. */
  begin(catalogue: Catalogue, k: number, weightSum: number): void {
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
    this.kept.begin(k, weightSum);
  }
}

/** Rows kept by a scan, with a rising threshold for those still to come. */
export class KeptRows {
  rows = new Int32Array(0);
  sums = new Float64Array(0);
  count = 0;
  readonly greatest = new GreatestSums();

  begin(k: number, weightSum: number): void {
    this.count = 0;
    this.greatest.begin(k, weightSum);
  }

  /** Keeps a row; `greatest.threshold` may rise. */
  keep(row: number, sum: number): void {
    this.rows = withRoomFor(this.rows, this.count + 1);
    this.sums = withRoomFor(this.sums, this.count + 1);
    this.rows[this.count] = row;
    this.sums[this.count] = sum;
    this.count += 1;
    this.greatest.add(sum);
  }
}

/** Bits of what a need says of a provider or a service by name. */
export const MARK = { excluded: 1, preferred: 2, previous: 4 } as const;

const workspaces = new WeakMap<Catalogue, Workspace>();

/** The workspace of a catalogue. */
export function workspaceOf(catalogue: Catalogue): Workspace {
  const known = workspaces.get(catalogue);
  if (known) return known;
  const made = new Workspace(catalogue);
  workspaces.set(catalogue, made);
  return made;
}
