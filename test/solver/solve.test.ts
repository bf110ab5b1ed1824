import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { assign, MatchingInputError, verifyOptimal, verifyStable } from '../../src/matching/index.ts';
import { solve, WorkerLost, WorkerPool } from '../../src/solver/index.ts';
import { problemOf, smallProblems } from '../matching/assignment/small-problems.ts';
import { islands } from './islands.ts';

const POLICIES = ['OPTIMAL', 'EQUITABLE', 'CHOICE'] as const;

describe('solving in worker threads', () => {
  const one = new WorkerPool({ size: 1 });
  const three = new WorkerPool({ size: 3 });
  afterAll(() => Promise.all([one.close(), three.close()]));

  it.each(POLICIES)('gives what assign gives for a small problem: %s', async (policy) => {
    await fc.assert(
      fc.asyncProperty(smallProblems(policy), async (problem) => {
        expect(await solve(problem, { pool: one })).toEqual(assign(problem));
      }),
    );
  });

  it.each(POLICIES)(
    'is as good as assign for a large problem in many parts, on any number of threads: %s',
    async (policy) => {
      const problem = islands({ count: 24, needsPerIsland: 700, policy });
      const alone = await solve(problem, { pool: one });
      const together = await solve(problem, { pool: three });
      expect(together).toEqual(alone);
      expect(await solve(problem, { pool: three, workers: 2 })).toEqual(alone);
      const whole = assign(problem);
      expect(alone.total).toBe(whole.total);
      expect(alone.matchedByTier).toEqual(whole.matchedByTier);
      if (policy === 'CHOICE') expect(alone).toEqual(whole);
      const proof = policy === 'CHOICE' ? verifyStable(problem, alone) : verifyOptimal(problem, alone);
      expect(proof).toEqual({ holds: true, fault: null });
    },
  );

  it('leaves the problem as it was', async () => {
    const problem = islands({ count: 24, needsPerIsland: 700, policy: 'OPTIMAL' });
    const before = structuredClone(problem);
    await solve(problem, { pool: three });
    expect(problem).toEqual(before);
  });

  it('lets the event loop turn while it works', async () => {
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    }, 1);
    const problem = islands({ count: 24, needsPerIsland: 700, policy: 'EQUITABLE' });
    const turnsAt: number[] = [];
    await solve(problem, { pool: one, onProgress: () => turnsAt.push(turns) });
    clearInterval(timer);
    // Between one part and the next the timer came round.
    expect(new Set(turnsAt).size).toBeGreaterThan(2);
  });

  it('tells how many needs are done, from none to all and never back', async () => {
    const problem = islands({ count: 24, needsPerIsland: 700, policy: 'OPTIMAL' });
    const done: number[] = [];
    const totals = new Set<number>();
    await solve(problem, {
      pool: three,
      onProgress: (progress) => {
        done.push(progress.done);
        totals.add(progress.total);
      },
    });
    expect(done[0]).toBe(0);
    expect(done.at(-1)).toBe(problem.needs);
    expect(new Set(done).size).toBeGreaterThan(3);
    expect(done).toEqual([...done].sort((a, b) => a - b));
    expect([...totals]).toEqual([problem.needs]);
  });

  it('refuses a malformed problem as assign does, and goes on with the next', async () => {
    const good = problemOf([1], [{ candidates: [[0, 1]] }]);
    const refused = await solve({ ...good, service: Int32Array.of(4) }, { pool: one }).catch((error) => error);
    expect(refused).toBeInstanceOf(MatchingInputError);
    expect(refused).toMatchObject({
      field: 'service',
      position: 0,
      message: 'service[0] must be a service from 0 to 0',
    });
    expect((await solve(good, { pool: one })).total).toBe(1n);
  });

  it('is rejected with the reason of the signal at once, in the middle of the work', async () => {
    const problem = islands({ count: 24, needsPerIsland: 700, policy: 'EQUITABLE' });
    const controller = new AbortController();
    const reason = new Error('the office closes');
    const progress: number[] = [];
    const stopped = solve(problem, {
      pool: three,
      signal: controller.signal,
      onProgress: ({ done }) => {
        progress.push(done);
        if (progress.length === 2) controller.abort(reason);
      },
    });
    await expect(stopped).rejects.toBe(reason);
    expect(progress.at(-1)).toBeLessThan(problem.needs);
    // Others take the places of the threads that were ended.
    expect((await solve(problem, { pool: three })).total).toBe(assign(problem).total);
  });

  it('does not begin when the signal is aborted already, nor while it waits for a thread', async () => {
    const good = problemOf([1], [{ candidates: [[0, 1]] }]);
    await expect(solve(good, { pool: one, signal: AbortSignal.abort('no') })).rejects.toBe('no');
    const controller = new AbortController();
    const first = solve(good, { pool: one });
    const second = solve(good, { pool: one, signal: controller.signal });
    const third = solve(good, { pool: one });
    controller.abort('later');
    await expect(second).rejects.toBe('later');
    expect((await first).total).toBe(1n);
    expect((await third).total).toBe(1n);
  });

  it('is rejected when the pool is closed, and the pool can be used again', async () => {
    const pool = new WorkerPool({ size: 2 });
    const problem = islands({ count: 24, needsPerIsland: 700, policy: 'OPTIMAL' });
    const stopped = solve(problem, { pool, onProgress: ({ done }) => done > 0 && void pool.close() });
    await expect(stopped).rejects.toThrow(WorkerLost);
    expect((await solve(problem, { pool })).total).toBe(assign(problem).total);
    await pool.close();
  });
});
