export { assign } from './assignment/assign.ts';
export {
  joinAssignments,
  LEAST_PART_WEIGHT,
  type ProblemParts,
  problemOfPart,
  splitProblem,
} from './assignment/components.ts';
export {
  type AssignmentExplanation,
  explainAssignment,
  type Forgone,
  type PlaceCost,
  type Share,
} from './assignment/explain.ts';
export { type ArrivingNeed, LiveAssignment, type LiveLimits, type LiveSnapshot } from './assignment/live.ts';
export type { Assignment, AssignmentPolicy, AssignmentProblem, LevelPrices } from './assignment/problem.ts';
export {
  type AssignmentFault,
  type FaultRule,
  type Verification,
  verifyOptimal,
  verifyStable,
} from './assignment/verify.ts';
export { candidates, type Judgement, rankServices, scoreService } from './candidates/candidates.ts';
export { Catalogue, type CatalogueOptions } from './catalogue/catalogue.ts';
export { MatchingInputError } from './errors.ts';
export { FACTOR_RULES, type FactorRule } from './factors.ts';
export { DEFAULT_PROFILE } from './profile.ts';
export type {
  BilingualText,
  Candidate,
  CandidateResult,
  CategoryRecord,
  Constraint,
  EligibilityRule,
  Factor,
  FactorContribution,
  NearestMiss,
  NeedRecord,
  Point,
  ProviderKind,
  Ranking,
  ScheduleException,
  ScoringProfile,
  ServiceNature,
  ServiceRecord,
  WeeklyWindow,
} from './records.ts';
export { CONSTRAINTS, FACTORS, SCORE_SCALE } from './records.ts';
export { type Categoriser, type CategoryGuess, createCategoriser } from './text/categoriser.ts';
export type { PreparedQuery } from './text/prepared-query.ts';
export { searchText, type TextHit } from './text/search.ts';
export { type TextFields, TextIndex } from './text/text-index.ts';
