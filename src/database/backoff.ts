import { setTimeout as wait } from 'node:timers/promises';

/** The longest wait before the first repetition; it doubles with each, up to the most. */
const FIRST_MS = 25;
const MOST_MS = 1000;

/**
 * Waits before something is tried again: any time from none to a limit that doubles with every attempt, so that those
 * who failed together do not come back together (full jitter: M. Brooker, Exponential Backoff and Jitter, 2015).
 *
 * @param attempt how often it was tried already, from 1
 */
export async function backOff(attempt: number): Promise<void> {
  await wait(Math.random() * Math.min(MOST_MS, FIRST_MS * 2 ** (attempt - 1)));
}
