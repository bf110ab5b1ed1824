export { type CandidateSearch, type CandidateSearchOptions, searchCandidates } from './candidate-search.ts';
export { type FoundCandidates, missedConstraint, readResults } from './found-candidates.ts';
export { closeSolver, processPool } from './process-pool.ts';
export { type SolveOptions, solve } from './solve.ts';
export { WorkerLost, WorkerPool, type WorkerPoolOptions } from './worker-pool.ts';
