import { parentPort } from 'node:worker_threads';
import { type Answer, buffersOf, createTasks, type Task, writeFailure } from './tasks.ts';

/** The main module of a worker thread: does what it is asked, one task after the other. */
const tasks = createTasks();

parentPort!.on('message', ({ name, args }: Task) => {
  try {
    const value = (tasks[name] as (...args: readonly unknown[]) => unknown)(...args);
    parentPort!.postMessage({ value } satisfies Answer, buffersOf(value));
  } catch (error) {
    parentPort!.postMessage({ failure: writeFailure(error) } satisfies Answer);
  }
});
