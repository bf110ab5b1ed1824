import { deflateRawSync } from 'node:zlib';
import {
  type Assignment,
  type AssignmentProblem,
  assign,
  Catalogue,
  type CatalogueOptions,
  type CategoryRecord,
  CONSTRAINTS,
  candidates,
  joinAssignments,
  MatchingInputError,
  type NeedRecord,
  type ProblemParts,
  problemOfPart,
  type ScoringProfile,
  type ServiceRecord,
  splitProblem,
} from '../matching/index.ts';
import type { FoundCandidates } from './found-candidates.ts';

/** What a worker thread can be asked to do, by name. */
export type Tasks = ReturnType<typeof createTasks>;

/** A task as it goes to a thread, and what comes back: a value or a failure. */
export type Task = { readonly name: keyof Tasks; readonly args: readonly unknown[] };
export type Answer = { readonly value?: unknown; readonly failure?: Failure };

/** The tasks of one thread. It has at most one catalogue, between `openCatalogue` and `closeCatalogue`. */
export function createTasks() {
  let catalogue: Catalogue | null = null;
  return {
    /** Takes a problem apart; one that stays whole is assigned at once. */
    splitOrAssign: (problem: AssignmentProblem): ProblemParts | Assignment => splitProblem(problem) ?? assign(problem),

    assignPart: (problem: AssignmentProblem, parts: ProblemParts, part: number): Assignment =>
      assign(problemOfPart(problem, parts, part)),

    join: (problem: AssignmentProblem, parts: ProblemParts, assignments: readonly Assignment[]): Assignment =>
      joinAssignments(problem, parts, assignments),

    openCatalogue(taxonomy: readonly CategoryRecord[], options: CatalogueOptions): void {
      catalogue = new Catalogue(taxonomy, options);
    },

    /** Adds services: JSON in UTF-8, one record a line. */
    publish(lines: Uint8Array): void {
      const text = Buffer.from(lines.buffer, lines.byteOffset, lines.byteLength).toString();
      for (const line of text.split('\n')) if (line !== '') catalogue!.publish(JSON.parse(line) as ServiceRecord);
    },

    trimCatalogue(): void {
      catalogue!.trim();
    },

    findCandidates(needs: readonly NeedRecord[], profile: ScoringProfile, k: number): FoundCandidates {
      return compact(needs.map((need) => candidates(catalogue!, need, profile, k)));
    },

    closeCatalogue(): void {
      catalogue = null;
    },
  };
}

function compact(results: readonly ReturnType<typeof candidates>[]): FoundCandidates {
  const numberOf = new Map<string, number>();
  const offset = new Int32Array(results.length + 1);
  results.forEach((result, index) => {
    offset[index + 1] = offset[index]! + result.candidates.length;
  });
  const service = new Int32Array(offset[results.length]!);
  const score = new Int32Array(service.length);
  let edge = 0;
  for (const result of results) {
    for (const candidate of result.candidates) {
      const number = numberOf.get(candidate.serviceId) ?? numberOf.size;
      numberOf.set(candidate.serviceId, number);
      service[edge] = number;
      score[edge++] = candidate.score;
    }
  }
  return {
    offset,
    service,
    score,
    serviceIds: [...numberOf.keys()],
    missed: Int8Array.from(results, ({ nearestMiss }) =>
      nearestMiss === null ? -1 : CONSTRAINTS.indexOf(nearestMiss.constraint),
    ),
    passed: Int32Array.from(results, ({ passed }) => passed),
    // A copy: what zlib gives may lie in memory that Node.js shares among buffers, and cannot be moved to a thread.
    results: new Uint8Array(deflateRawSync(JSON.stringify(results), { level: 1 })),
  };
}

/** An error as it crosses threads, where a class would be lost. */
type Failure = Pick<Error, 'name' | 'message' | 'stack'> & {
  readonly input: Pick<MatchingInputError, 'field' | 'position' | 'rule'> | null;
};

export function writeFailure(error: unknown): Failure {
  const { name, message, stack = '' } = error instanceof Error ? error : new Error(String(error));
  const isInput = error instanceof MatchingInputError;
  return {
    name,
    message,
    stack,
    input: isInput ? { field: error.field, position: error.position, rule: error.rule } : null,
  };
}

/** The error again: of its own class where the core refused its input, else an `Error` with its name and stack. */
export function readFailure({ name, message, stack, input }: Failure): Error {
  if (input !== null) return new MatchingInputError(input.field, input.position, input.rule);
  return Object.assign(new Error(message), { name, stack });
}

/** The memory of all typed arrays in a value that can be moved to another thread: shared memory need not be. */
export function buffersOf(value: unknown, found = new Set<ArrayBuffer>()): ArrayBuffer[] {
  if (ArrayBuffer.isView(value)) {
    if (value.buffer instanceof ArrayBuffer) found.add(value.buffer);
  } else if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) buffersOf(part, found);
  }
  return [...found];
}
