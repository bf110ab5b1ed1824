import { needOfEdges } from './choice.ts';
import { addFlow, type Flow } from './flow.ts';
import { linkIncoming } from './local-search.ts';
import type { AssignmentProblem, LevelPrices } from './problem.ts';
import { tierOf } from './tiers.ts';

/**
 * The needs, services and edges of a live assignment as columns, and the units on each edge. Arrays are replaced by longer
 * ones as needs come in, so they must be read from here each time.
 */
export type LiveColumns = {
  needs: number;
  edges: number;
  flow: Flow;
  readonly capacity: Int32Array;
  tier: Uint8Array;
  quantity: Int32Array;
  community: Int32Array;
  /** 1 where a need has been withdrawn; its edges are no longer looked at. */
  withdrawn: Uint8Array;
  /** The edges of need n are `firstEdge[n]` … `firstEdge[n + 1] - 1`. */
  firstEdge: Int32Array;
  score: Int32Array;
  /** The edges into each service as a linked list, -1 at its end. */
  readonly firstIncoming: Int32Array;
  nextIncoming: Int32Array;
};

/** Prices that prove a flow best, as in `Assignment`. */
export type LivePrices = {
  readonly service: Float64Array;
  readonly need: Float64Array;
  readonly levels: LevelPrices | null;
};

/** How one policy keeps an assignment right: it moves units along edges when something has changed in the columns. */
export type LiveRule = {
  /** How many needs all searches together have looked at. */
  readonly scanned: number;
  /** Throws `MatchingInputError` when a need of that kind cannot be taken in exactly. */
  check?(tier: number, community: number, quantity: number): void;
  /** Need n has come in; all its units are pending. */
  arrive(n: number): void;
  /** Need n has been withdrawn, but its units are still on its edges; afterwards none is. */
  withdraw(n: number): void;
  /** Service s has fewer places than it uses, or places free. */
  changePlaces(s: number): void;
  /** The prices that prove the flow best for the problem of the needs at these positions, in their order. */
  prices(present: Int32Array): LivePrices;
};

/** The columns of a problem with the units given on each edge. */
export function columnsOf(problem: AssignmentProblem, amount: Int32Array): LiveColumns {
  const { needs, services } = problem;
  const edges = problem.service.length;
  const columns: LiveColumns = {
    needs,
    edges,
    flow: {
      amount: new Int32Array(edges),
      needOf: needOfEdges(problem),
      serviceOf: problem.service.slice(),
      pending: problem.quantity?.slice() ?? new Int32Array(needs).fill(1),
      used: new Int32Array(services),
      head: new Int32Array(services).fill(-1),
      next: new Int32Array(edges),
      previous: new Int32Array(edges),
    },
    capacity: problem.capacity.slice(),
    tier: Uint8Array.from({ length: needs }, (_, n) => tierOf(problem, n)),
    quantity: problem.quantity?.slice() ?? new Int32Array(needs).fill(1),
    community: problem.community?.slice() ?? new Int32Array(needs),
    withdrawn: new Uint8Array(needs),
    firstEdge: problem.offset.slice(),
    score: problem.score.slice(),
    firstIncoming: new Int32Array(services).fill(-1),
    nextIncoming: new Int32Array(edges),
  };
  for (let e = 0; e < edges; e++) {
    linkIncoming(columns, e);
    if (amount[e]! > 0) addFlow(columns.flow, e, amount[e]!);
  }
  return columns;
}

/** Doubles the arrays that are too short for so many needs and edges. */
export function makeRoom(columns: LiveColumns, needs: number, edges: number): void {
  const { flow } = columns;
  if (columns.firstEdge.length < needs + 1) {
    const length = 2 * needs + 1;
    columns.firstEdge = longer(columns.firstEdge, length);
    columns.tier = longer(columns.tier, length);
    columns.quantity = longer(columns.quantity, length);
    columns.community = longer(columns.community, length);
    columns.withdrawn = longer(columns.withdrawn, length);
    columns.flow = { ...columns.flow, pending: longer(flow.pending, length) };
  }
  if (columns.score.length < edges) {
    const length = 2 * edges;
    columns.score = longer(columns.score, length);
    columns.nextIncoming = longer(columns.nextIncoming, length);
    columns.flow = {
      ...columns.flow,
      amount: longer(flow.amount, length),
      needOf: longer(flow.needOf, length),
      serviceOf: longer(flow.serviceOf, length),
      next: longer(flow.next, length),
      previous: longer(flow.previous, length),
    };
  }
}

/** The same column with room for `length` entries. */
export function longer<Column extends Int32Array | Float64Array | Uint8Array>(column: Column, length: number): Column {
  const grown = new (column.constructor as new (length: number) => Column)(length);
  grown.set(column);
  return grown;
}
