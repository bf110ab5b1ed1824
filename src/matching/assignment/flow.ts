/** A flow of units from needs to services over the edges of a problem that changes, with each service's holders as a list. */
export type Flow = {
  /** Units on each edge. */
  readonly amount: Int32Array;
  /** The need that each edge leaves. */
  readonly needOf: Int32Array;
  /** The service that each edge enters. */
  readonly serviceOf: Int32Array;
  /** Units of each need that no edge carries yet. */
  readonly pending: Int32Array;
  /** Units that enter each service. */
  readonly used: Int32Array;
  /** First edge with units into each service (-1 none), and the next and previous such edge. */
  readonly head: Int32Array;
  readonly next: Int32Array;
  readonly previous: Int32Array;
};

/** Adds `units` (negative to take away) to an edge and keeps the lists and sums in step. */
export function addFlow(flow: Flow, edge: number, units: number): void {
  const before = flow.amount[edge]!;
  const after = before + units;
  const s = flow.serviceOf[edge]!;
  flow.amount[edge] = after;
  flow.used[s]! += units;
  flow.pending[flow.needOf[edge]!]! -= units;
  if (before === 0) {
    const first = flow.head[s]!;
    flow.next[edge] = first;
    flow.previous[edge] = -1;
    if (first >= 0) flow.previous[first] = edge;
    flow.head[s] = edge;
  } else if (after === 0) {
    const following = flow.next[edge]!;
    const preceding = flow.previous[edge]!;
    if (preceding >= 0) flow.next[preceding] = following;
    else flow.head[s] = following;
    if (following >= 0) flow.previous[following] = preceding;
  }
}
