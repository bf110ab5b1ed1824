export { MatchingInputError } from './errors.ts';
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
  ScheduleException,
  ScoringProfile,
  ServiceNature,
  ServiceRecord,
  WeeklyWindow,
} from './records.ts';
export { CONSTRAINTS, FACTORS, SCORE_SCALE } from './records.ts';
