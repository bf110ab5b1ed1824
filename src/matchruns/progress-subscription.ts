import type { Database } from '../database/database.ts';
import { subscribeToChannel } from '../database/notifications.ts';
import { demandAtAll } from '../identity/policy.ts';
import type { Viewer } from '../identity/viewer.ts';
import { MATCH_RUN_PROGRESS_CHANNEL, type RunProgress, readProgress } from './progress.ts';

/**
 * The progress, from now on, of one match run, or of all runs of the viewer's area in any process.
 *
 * @throws NotSignedIn, NotAllowed
 */
export async function subscribeToProgress(
  database: Database,
  viewer: Viewer,
  runId: string | null = null,
): Promise<AsyncIterableIterator<RunProgress>> {
  demandAtAll(viewer, 'match.read');
  return subscribeToChannel(database, MATCH_RUN_PROGRESS_CHANNEL, (message) => {
    const progress = readProgress(message);
    const isWanted = progress?.areaId === viewer.areaId && (runId === null || progress.runId === runId);
    return isWanted ? progress : null;
  });
}
