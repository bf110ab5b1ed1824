import { setImmediate as nextTurn } from 'node:timers/promises';

/** The longest that a computation holds the event loop before it lets others in. */
const LONGEST_TURN_MS = 15;

/**
 * A function to call between the steps of a long computation: it lets other work in when the turn has lasted long
 * enough.
 */
export function startTurn(): () => Promise<void> | undefined {
  let startedMs = performance.now();
  return () => {
    if (performance.now() - startedMs < LONGEST_TURN_MS) return undefined;
    return nextTurn().then(() => {
      startedMs = performance.now();
    });
  };
}
