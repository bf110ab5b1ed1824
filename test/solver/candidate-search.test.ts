import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import {
  Catalogue,
  candidates,
  DEFAULT_PROFILE,
  MatchingInputError,
  type NeedRecord,
  type ServiceRecord,
} from '../../src/matching/index.ts';
import {
  type FoundCandidates,
  missedConstraint,
  readResults,
  searchCandidates,
  WorkerLost,
  WorkerPool,
} from '../../src/solver/index.ts';
import { needArbitrary, servicesArbitrary } from '../matching/candidates/arbitraries.ts';
import { aNeed, aService, TAXONOMY } from '../matching/catalogue/examples.ts';

const UTC_OFFSET_MINUTES = 480;

function linesOf(services: readonly ServiceRecord[]): Uint8Array {
  return Buffer.from(services.map((service) => `${JSON.stringify(service)}\n`).join(''));
}

/** Finds the needs two by two, all asked at once, after the services went in in two pages. */
function search(pool: WorkerPool, services: readonly ServiceRecord[], needs: readonly NeedRecord[], k = 3) {
  const options = { taxonomy: TAXONOMY, utcOffsetMinutes: UTC_OFFSET_MINUTES, workers: pool.size, pool };
  return searchCandidates(options, async ({ publish, find }) => {
    const half = Math.ceil(services.length / 2);
    await publish(linesOf(services.slice(0, half)));
    await publish(linesOf(services.slice(half)));
    const slices = needs.flatMap((_, n) => (n % 2 === 0 ? [needs.slice(n, n + 2)] : []));
    return Promise.all(slices.map((slice) => find(slice, DEFAULT_PROFILE, k)));
  });
}

function columnsOf({ offset, service, score, serviceIds, passed }: FoundCandidates) {
  return Array.from(passed, (count, n) => {
    const edges = Array.from(service.subarray(offset[n], offset[n + 1]), (number, at) => ({
      serviceId: serviceIds[number],
      score: score[offset[n]! + at],
    }));
    return { passed: count, edges };
  });
}

describe('finding candidates in worker threads', () => {
  const one = new WorkerPool({ size: 1 });
  const three = new WorkerPool({ size: 3 });
  afterAll(() => Promise.all([one.close(), three.close()]));

  it('finds what candidates finds, explained alike, on any number of threads', async () => {
    const needs = fc.array(needArbitrary, { minLength: 1, maxLength: 7 });
    await fc.assert(
      fc.asyncProperty(servicesArbitrary, needs, async (services, asked) => {
        const catalogue = new Catalogue(TAXONOMY, { utcOffsetMinutes: UTC_OFFSET_MINUTES });
        for (const service of services) catalogue.publish(service);
        const expected = asked.map((need) => candidates(catalogue, need, DEFAULT_PROFILE, 3));
        for (const pool of [one, three]) {
          const found = await search(pool, services, asked);
          const explained = (await Promise.all(found.map(readResults))).flat();
          expect(explained).toEqual(expected);
          expect(found.flatMap(columnsOf)).toEqual(
            expected.map((result) => ({
              passed: result.passed,
              edges: result.candidates.map(({ serviceId, score }) => ({ serviceId, score })),
            })),
          );
          const missed = found.flatMap((slice) => Array.from(slice.passed, (_, n) => missedConstraint(slice, n)));
          expect(missed).toEqual(expected.map(({ nearestMiss }) => nearestMiss?.constraint ?? null));
        }
      }),
      { numRuns: 40 },
    );
  });

  it('finds nothing where there is no service', async () => {
    const [found] = await search(three, [], [aNeed()]);
    expect(columnsOf(found!)).toEqual([{ passed: 0, edges: [] }]);
  });

  it('refuses a service or a need that the core refuses, by the field and the rule', async () => {
    const free = search(one, [aService({ priceFen: -1 })], [aNeed()]);
    await expect(free).rejects.toBeInstanceOf(MatchingInputError);
    await expect(free).rejects.toMatchObject({ field: 'service.priceFen' });
    await expect(search(three, [aService({ id: '' })], [])).rejects.toMatchObject({ field: 'service.id' });
    await expect(search(one, [aService()], [aNeed({ quantity: 0 })])).rejects.toMatchObject({ field: 'need.quantity' });
    const [found] = await search(one, [aService()], [aNeed()]);
    expect(columnsOf(found!)).toMatchObject([{ passed: 1 }]);
  });

  it('keeps no service of the search before', async () => {
    await search(one, [aService({ id: 'before' })], [aNeed()]);
    const [found] = await search(one, [aService({ id: 'after' })], [aNeed()]);
    expect(found!.serviceIds).toEqual(['after']);
  });

  it('is rejected with the reason of the signal, whatever it waits for', async () => {
    for (const at of ['publish', 'find'] as const) {
      const controller = new AbortController();
      const reason = new Error(`stopped at ${at}`);
      const options = {
        taxonomy: TAXONOMY,
        utcOffsetMinutes: UTC_OFFSET_MINUTES,
        workers: 2,
        pool: three,
        signal: controller.signal,
      };
      const stopped = searchCandidates(options, async ({ publish, find }) => {
        await publish(linesOf([aService()]));
        if (at === 'publish') controller.abort(reason);
        await publish(linesOf([aService({ id: 'service-2' })]));
        const found = find([aNeed()], DEFAULT_PROFILE, 3);
        controller.abort(reason);
        return found;
      });
      await expect(stopped).rejects.toBe(reason);
    }
    expect(await search(three, [aService()], [aNeed()])).toHaveLength(1);
  });

  it('is rejected when a thread runs out of memory, and the pool goes on', async () => {
    const small = new WorkerPool({ size: 1, resourceLimits: { maxOldGenerationSizeMb: 24 } });
    const wordy = aService({ keywords: Array.from({ length: 1_500_000 }, (_, word) => `w${word}`) });
    const lost = await search(small, [wordy], [aNeed()]).catch((error) => error);
    expect(lost).toBeInstanceOf(WorkerLost);
    expect(lost.cause).toMatchObject({ code: 'ERR_WORKER_OUT_OF_MEMORY' });
    expect(await search(small, [aService()], [aNeed()])).toHaveLength(1);
    await small.close();
  });
});
