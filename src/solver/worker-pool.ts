import { availableParallelism } from 'node:os';
import { type ResourceLimits, Worker } from 'node:worker_threads';
import { type Answer, buffersOf, readFailure, type Task, type Tasks } from './tasks.ts';

/** A worker thread ended before it answered: it ran out of memory, or was ended from outside. */
export class WorkerLost extends Error {
  override readonly name = 'WorkerLost';
}

export type WorkerPoolOptions = {
  /** The most threads at a time; by default one for each processor but one, which is left to the event loop. */
  readonly size?: number;
  /** Limits of memory of each thread, in MB; those of Node.js when absent. */
  readonly resourceLimits?: ResourceLimits;
};

/**
 * A few threads that are kept from one piece of work to the next. A thread works for one caller at a time; threads start
 * when they are first wanted, and do not keep the process alive while they have nothing to do.
 */
export class WorkerPool {
  readonly size: number;
  readonly #resourceLimits: ResourceLimits | undefined;
  readonly #idle: PoolWorker[] = [];
  readonly #busy = new Set<PoolWorker>();
  /** Callers who wait for a thread, first come first served. */
  readonly #waiting: (() => void)[] = [];

  constructor({ size = Math.max(1, availableParallelism() - 1), resourceLimits }: WorkerPoolOptions = {}) {
    if (!Number.isInteger(size) || size < 1) throw new RangeError('size must be a whole number of at least 1');
    this.size = size;
    this.#resourceLimits = resourceLimits;
  }

  /**
   * Does `work` with threads of its own: as many as are free, at least one and at most `most`; waits while none is.
   * When `signal` is aborted its threads are ended, whatever they are at, so that everything asked of them is rejected
   * with the signal's reason; others take their places when they are next wanted.
   *
   * @throws what `work` throws; the signal's reason
   */
  async use<T>(
    most: number,
    signal: AbortSignal | undefined,
    work: (workers: readonly PoolWorker[]) => Promise<T>,
  ): Promise<T> {
    const workers = await this.#take(most, signal);
    const abort = () => {
      for (const worker of workers) worker.end(signal!.reason);
    };
    signal?.addEventListener('abort', abort, { once: true });
    try {
      const result = await work(workers);
      signal?.throwIfAborted();
      return result;
    } finally {
      signal?.removeEventListener('abort', abort);
      this.#giveBack(workers);
    }
  }

  /** Ends all threads; what they were asked is rejected with `WorkerLost`. The pool can be used again afterwards. */
  async close(): Promise<void> {
    const workers = [...this.#idle.splice(0), ...this.#busy];
    await Promise.all(workers.map((worker) => worker.end(new WorkerLost('the worker pool was closed'))));
  }

  async #take(most: number, signal: AbortSignal | undefined): Promise<readonly PoolWorker[]> {
    signal?.throwIfAborted();
    while (this.#busy.size >= this.size) await this.#turn(signal);
    // From here to the end nobody else comes between.
    const count = signal?.aborted === true ? 0 : Math.min(Math.max(1, most), this.size - this.#busy.size);
    const workers = Array.from({ length: count }, () => this.#idleWorker() ?? new PoolWorker(this.#resourceLimits));
    for (const worker of workers) this.#busy.add(worker);
    // What is left over is for whoever waits next.
    if (this.#busy.size < this.size) this.#waiting.shift()?.();
    signal?.throwIfAborted();
    return workers;
  }

  /** One that has nothing to do; not one that ended meanwhile. */
  #idleWorker(): PoolWorker | undefined {
    let worker = this.#idle.pop();
    while (worker?.isFree === false) worker = this.#idle.pop();
    return worker;
  }

  /** Waits to be called: a thread may be free then. */
  #turn(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const wake = () => {
        signal?.removeEventListener('abort', abort);
        resolve();
      };
      const abort = () => {
        this.#waiting.splice(this.#waiting.indexOf(wake), 1);
        reject(signal!.reason);
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.#waiting.push(wake);
    });
  }

  #giveBack(workers: readonly PoolWorker[]): void {
    for (const worker of workers) {
      this.#busy.delete(worker);
      if (worker.isFree) this.#idle.push(worker);
      else void worker.end(new WorkerLost('the work was given up'));
    }
    this.#waiting.shift()?.();
  }
}

/** One thread, asked one thing at a time. */
export class PoolWorker {
  readonly #thread: Worker;
  #asked: { readonly resolve: (answer: never) => void; readonly reject: (reason: unknown) => void } | null = null;
  #ended: { readonly reason: unknown } | null = null;

  constructor(resourceLimits: ResourceLimits | undefined) {
    this.#thread = new Worker(new URL('./worker.ts', import.meta.url), resourceLimits ? { resourceLimits } : {});
    this.#thread.unref();
    this.#thread.on('message', (answer: Answer) => {
      // It may have answered just before it was ended.
      if (this.#asked === null) return;
      const { resolve, reject } = this.#settle();
      if (answer.failure) reject(readFailure(answer.failure));
      else resolve(answer.value as never);
    });
    this.#thread.on('error', (error) =>
      this.#lose(new WorkerLost(`a worker thread ended: ${error.message}`, { cause: error })),
    );
    this.#thread.on('messageerror', (error) => void this.end(error));
    this.#thread.on('exit', () => this.#lose(new WorkerLost('a worker thread ended')));
  }

  /** Whether it can be asked something now. */
  get isFree(): boolean {
    return this.#asked === null && this.#ended === null;
  }

  /**
   * Has the thread do a task. Typed arrays that are not on shared memory are moved there: they are empty here afterwards.
   *
   * @throws what the task throws: `MatchingInputError` with its fields, and other errors with their message;
   *   `WorkerLost`; the reason that the thread was ended for
   */
  ask<N extends keyof Tasks>(name: N, ...args: Parameters<Tasks[N]>): Promise<ReturnType<Tasks[N]>> {
    if (this.#ended !== null) return Promise.reject(this.#ended.reason);
    if (this.#asked !== null) throw new Error('a worker thread is asked one thing at a time');
    return new Promise((resolve, reject) => {
      this.#thread.postMessage({ name, args } satisfies Task, buffersOf(args));
      this.#asked = { resolve, reject };
      this.#thread.ref();
    });
  }

  /** Ends the thread, whatever it is at; what it was asked is rejected with the reason at once. */
  async end(reason: unknown): Promise<void> {
    this.#lose(reason);
    await this.#thread.terminate();
  }

  #lose(reason: unknown): void {
    this.#ended ??= { reason };
    if (this.#asked !== null) this.#settle().reject(this.#ended.reason);
  }

  #settle() {
    const asked = this.#asked!;
    this.#asked = null;
    this.#thread.unref();
    return asked;
  }
}
