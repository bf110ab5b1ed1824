import { z } from 'zod';

/** The channel on which every process tells how its match runs get on. */
export const MATCH_RUN_PROGRESS_CHANNEL = 'match_run_progress';

/** The stages of a match run, in their order (匹配进度). */
export const MATCH_RUN_STAGES = ['LOADING', 'CANDIDATES', 'ASSIGNING', 'WRITING', 'COMPLETED', 'FAILED'] as const;
export type MatchRunStage = (typeof MATCH_RUN_STAGES)[number];

/** How far a stage is; `total` is `null` where it is not known. */
export type Progress = { readonly stage: MatchRunStage; readonly done: number; readonly total: number | null };

/** Takes note of how far a run is; must not throw. */
export type Report = (progress: Progress) => void;

const message = z.strictObject({
  runId: z.uuid(),
  areaId: z.uuid(),
  stage: z.enum(MATCH_RUN_STAGES),
  done: z.int(),
  total: z.int().nullable(),
});

/** Progress with the run that it is about, as it goes over the channel. */
export type RunProgress = Progress & { readonly runId: string; readonly areaId: string };

/** The message as JSON. */
export function writeProgress(progress: RunProgress): string {
  return JSON.stringify(progress);
}

/** The progress in a message of the channel; `null` for a message of another form, such as a later version's. */
export function readProgress(text: string): RunProgress | null {
  try {
    return message.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
