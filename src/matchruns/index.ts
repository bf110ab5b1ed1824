export { failAbandonedRuns } from './heartbeat.store.ts';
export {
  type MatchRunOptions,
  restartMatch,
  runMatch,
  runMatchOnce,
  type StartedMatchRun,
  startMatch,
} from './match-run.store.ts';
export { MATCH_RUN } from './match-run.ts';
export { findNextCandidates } from './next-candidates.store.ts';
export {
  evaluateCandidate,
  type Preview,
  previewCandidates,
  previewNeed,
} from './preview.store.ts';
export type { PreviewOptions } from './preview.ts';
export { MATCH_RUN_STAGES, type MatchRunStage, type Progress, type Report, type RunProgress } from './progress.ts';
export { subscribeToProgress } from './progress-subscription.ts';
export { type Replay, type ReplayDifference, replayRun } from './replay.store.ts';
export { endMatchRuns } from './runs-under-way.ts';
export { readProfile, saveProfile } from './scoring-profile.store.ts';
export { UNMET_REASONS, type UnmetReason } from './unmet-reason.ts';
