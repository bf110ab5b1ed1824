import loadHighs from 'highs';
import type { AssignmentProblem } from '../../../src/matching/assignment/problem.ts';
import { type AssignmentPeer, processorSeconds } from './assignment-peer.ts';

/**
 * HiGHS (WebAssembly) on the same problem as a linear program, whose vertices are whole numbers: first for the most units,
 * then for the highest total score among the solutions that serve as many. A row a need and a service, a column an edge.
 */
export async function loadHighsPeer(): Promise<AssignmentPeer> {
  // The package's types take it for CommonJS, where the loader would be one step further down.
  const load = loadHighs as unknown as typeof loadHighs.default;
  const highs = await load();
  return {
    name: 'HiGHS',
    mostNeeds: 1_000,
    solve: (problem) => {
      const start = processorSeconds();
      const edges = problem.service.length;
      const model = highs.createModel();
      try {
        model.options.set('output_flag', false);
        model.passModel({
          ...linearProgram(problem),
          colUpper: new Float64Array(edges).fill(highs.infinity),
          sense: highs.constants.objectiveSense.maximize,
        });
        model.run();
        const served = Math.round(model.getObjectiveValue());
        const all = {
          indices: Int32Array.from({ length: edges }, (_, e) => e),
          values: new Float64Array(edges).fill(1),
        };
        model.addRow(served, served, all);
        model.changeColsCost({ kind: 'range', from: 0, to: edges - 1 }, Float64Array.from(problem.score));
        model.run();
        return { total: String(Math.round(model.getObjectiveValue())), seconds: processorSeconds() - start };
      } finally {
        model.dispose();
      }
    },
  };
}

function linearProgram(problem: AssignmentProblem) {
  const { needs, services, offset, service, capacity } = problem;
  const edges = service.length;
  const rows = needs + services;
  const indices = new Int32Array(2 * edges);
  for (let n = 0; n < needs; n++) {
    for (let e = offset[n]!; e < offset[n + 1]!; e++) {
      indices[2 * e] = n;
      indices[2 * e + 1] = needs + service[e]!;
    }
  }
  return {
    numCols: edges,
    numRows: rows,
    colCost: new Float64Array(edges).fill(1),
    colLower: new Float64Array(edges),
    rowLower: new Float64Array(rows),
    rowUpper: Float64Array.from({ length: rows }, (_, row) =>
      row < needs ? (problem.quantity?.[row] ?? 1) : capacity[row - needs]!,
    ),
    matrix: {
      format: 'csc' as const,
      numRows: rows,
      numCols: edges,
      starts: Int32Array.from({ length: edges + 1 }, (_, e) => 2 * e),
      indices,
      values: new Float64Array(2 * edges).fill(1),
    },
  };
}
