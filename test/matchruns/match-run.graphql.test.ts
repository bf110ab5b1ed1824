import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { ExpectedFailure, NotAllowed, NotFound, NotSignedIn } from '../../src/failures.ts';
import { anonymousViewer, type Viewer } from '../../src/identity/viewer.ts';
import { execute, globalId, type PlantedArea, plantArea, signIn } from '../area.ts';
import { scratchDatabase } from '../database/scratch.ts';

const RUN = `mutation ($input: MatchRunInput!) {
  runMatch(input: $input) {
    __typename
    ... on MatchRun {
      id policy state needs services matched dispatched unmet totalScore inputDigest failure
      parameters { communityIds categoryIds candidatesPerNeed dispatch }
      profile { name version weights { factor weight } }
    }
    ... on Failure { code path message }
  }
}`;

const OUTCOME = `{
  passed unmetReason
  removed { constraint services }
  nearestMiss { constraint message service { name } }
  candidates { rank score distanceMetres assigned service { name provider { name } } factors { factor value contribution reason } }
  need { title }
}`;

describe('match runs over GraphQL', () => {
  let database: Database;
  let area: PlantedArea;
  let admin: Viewer;
  let run: { id: string; totalScore: string; profile: { weights: { factor: string; weight: number }[] } };

  beforeAll(async () => {
    database = await scratchDatabase('EMBEDDED');
    area = await plantArea(database);
    admin = await signIn(database, area.areaId, 'AREA_ADMIN');
    ({ runMatch: run } = await execute(database, admin, RUN, { input: {} }));
  });
  afterAll(() => database.close());

  it('answer with the finished run', () => {
    expect(run).toMatchObject({
      __typename: 'MatchRun',
      policy: 'OPTIMAL',
      state: 'COMPLETED',
      needs: 4,
      services: 4,
      matched: 3,
      dispatched: 3,
      unmet: 1,
      failure: null,
      parameters: { communityIds: null, categoryIds: null, candidatesPerNeed: 10, dispatch: true },
      profile: { name: 'default', version: 1 },
    });
    expect(run.profile.weights.reduce((sum, { weight }) => sum + weight, 0)).toBe(100);
    expect(Number(run.totalScore)).toBeGreaterThan(0);
  });

  it('explain each outcome in the language of the reader', async () => {
    const query = `query ($id: ID!) { node(id: $id) { ... on MatchRun { outcomes(first: 10, unmetOnly: true) { totalCount nodes ${OUTCOME} } } } }`;
    const { node } = await execute(database, admin, query, { id: run.id }, { locale: 'zh' });
    expect(node.outcomes).toMatchObject({
      totalCount: 1,
      nodes: [
        {
          passed: 0,
          unmetReason: 'CATCHMENT',
          nearestMiss: { constraint: 'CATCHMENT', service: { name: '老年午餐送餐' } },
          candidates: [],
          need: { title: '一个人住，想吃食堂' },
        },
      ],
    });
    const [{ removed, nearestMiss }] = node.outcomes.nodes;
    expect(removed).toContainEqual({ constraint: 'CATCHMENT', services: 1 });
    expect(nearestMiss.message).toMatch(/公里/);
    const english = await execute(database, admin, query, { id: run.id });
    expect(english.node.outcomes.nodes[0].nearestMiss.message).toMatch(/km/);
  });

  it('cost a constant number of statements, however many outcomes the page has', async () => {
    const query = `query ($id: ID!, $first: Int!) { node(id: $id) { ... on MatchRun { outcomes(first: $first) { nodes ${OUTCOME} } } } }`;
    let statements = 0;
    database.prisma.$on('query' as never, () => {
      statements += 1;
    });
    const count = async (first: number) => {
      statements = 0;
      const { node } = await execute(database, admin, query, { id: run.id, first });
      expect(node.outcomes.nodes).toHaveLength(first);
      return statements;
    };
    // The page of 2 has a nearest miss and candidates, as that of 4 has.
    const ofTwo = await count(2);
    expect(await count(4)).toBe(ofTwo);
  });

  it('show a need and its candidates to its resident, and nothing of it to a neighbour', async () => {
    const outcome = await database.prisma.matchOutcome.findFirstOrThrow({ where: { needId: area.needs.yangMeal } });
    const candidate = await database.prisma.candidate.findFirstOrThrow({ where: { needId: area.needs.yangMeal } });
    const ids = { outcome: globalId('MatchOutcome', outcome.id), candidate: globalId('Candidate', candidate.id) };
    const query = `query ($outcome: ID!, $candidate: ID!) {
      outcome: node(id: $outcome) { ... on MatchOutcome ${OUTCOME} }
      candidate: node(id: $candidate) { ... on Candidate { rank score factors { contribution } } }
    }`;
    const resident = await signIn(database, area.areaId, 'RESIDENT', { residentId: area.residents.yang });
    const seen = await execute(database, resident, query, ids);
    expect(seen.outcome.candidates).toHaveLength(1);
    expect(seen.candidate).toMatchObject({ rank: 1, score: candidate.score });
    const sum = seen.candidate.factors.reduce(
      (total: number, { contribution }: { contribution: number }) => total + contribution,
      0,
    );
    expect(sum).toBe(candidate.score);
    const neighbour = await signIn(database, area.areaId, 'RESIDENT', { residentId: area.residents.wu });
    expect(await execute(database, neighbour, query, ids)).toEqual({ outcome: null, candidate: null });
    expect(await execute(database, anonymousViewer(area.areaId), query, ids)).toEqual({
      outcome: null,
      candidate: null,
    });
  });

  it('let an analyst read the runs but not what the needs say', async () => {
    const analyst = await signIn(database, area.areaId, 'ANALYST');
    const { matchRuns } = await execute(
      database,
      analyst,
      `{ matchRuns(first: 5) { totalCount nodes { state outcomes { nodes { unmetReason need { title } } } } } }`,
    );
    expect(matchRuns.totalCount).toBeGreaterThan(0);
    for (const { outcomes } of matchRuns.nodes) {
      for (const { need } of outcomes.nodes) expect(need).toBeNull();
    }
    const resident = await signIn(database, area.areaId, 'RESIDENT', { residentId: area.residents.yang });
    await expect(execute(database, resident, '{ matchRuns { totalCount } }')).rejects.toThrow(ExpectedFailure);
    await expect(execute(database, anonymousViewer(area.areaId), '{ matchRuns { totalCount } }')).rejects.toThrow(
      NotSignedIn,
    );
    const node = await execute(database, resident, 'query ($id: ID!) { node(id: $id) { id } }', { id: run.id });
    expect(node).toEqual({ node: null });
  });

  it('tell who may not run one, and what is wrong with the input', async () => {
    const resident = await signIn(database, area.areaId, 'RESIDENT', { residentId: area.residents.yang });
    const refused = await execute(database, resident, RUN, { input: {} });
    expect(refused.runMatch).toMatchObject({ __typename: 'NotAllowed', code: 'NOT_ALLOWED' });
    const wrong = await execute(database, admin, RUN, { input: { candidatesPerNeed: 0 } });
    expect(wrong.runMatch).toMatchObject({ code: 'INVALID_INPUT', path: ['input', 'candidatesPerNeed'] });
  });

  it('are answered RUNNING when nobody waits, and told about as they get on', async () => {
    const { subscribeToProgress } = await import('../../src/matchruns/index.ts');
    const progress = await subscribeToProgress(database, admin);
    const { runMatch } = await execute(database, admin, RUN, {
      input: { wait: false, dispatch: false, communityIds: [globalId('Community', area.communities.yatang)] },
    });
    expect(runMatch).toMatchObject({
      state: 'RUNNING',
      parameters: { communityIds: [globalId('Community', area.communities.yatang)], dispatch: false },
    });
    const stages: string[] = [];
    for await (const { runId, stage } of progress) {
      expect(globalId('MatchRun', runId)).toBe(runMatch.id);
      if (stages.at(-1) !== stage) stages.push(stage);
      if (stage === 'COMPLETED') break;
    }
    expect(stages).toEqual(['LOADING', 'CANDIDATES', 'ASSIGNING', 'WRITING', 'COMPLETED']);
    const { node } = await execute(
      database,
      admin,
      'query ($id: ID!) { node(id: $id) { ... on MatchRun { state needs } } }',
      {
        id: runMatch.id,
      },
    );
    expect(node).toEqual({ state: 'COMPLETED', needs: 1 });
  });

  it('tell of their progress only those who may read them', async () => {
    const { subscribeToProgress } = await import('../../src/matchruns/index.ts');
    const resident = await signIn(database, area.areaId, 'RESIDENT', { residentId: area.residents.yang });
    await expect(subscribeToProgress(database, resident)).rejects.toThrow(NotAllowed);
  });

  it('can be tried out for a need in words, with its category found', async () => {
    const { previewNeed } = await execute(
      database,
      admin,
      `query ($input: NeedSketchInput!) {
        previewNeed(input: $input, most: 3) {
          passed unmetReason category { code } removed { constraint services } nearestMiss { message }
          candidates { rank score distanceMetres service { name provider { name } } factors { factor reason } }
        }
      }`,
      { input: { title: '水龙头坏了漏水', communityId: globalId('Community', area.communities.yatang) } },
    );
    expect(previewNeed).toMatchObject({
      passed: 1,
      unmetReason: null,
      category: { code: 'HOME.PLUMBING' },
      nearestMiss: null,
      candidates: [
        { rank: 1, distanceMetres: null, service: { name: '上门修水管', provider: { name: '凯里快修便民公司' } } },
      ],
    });
  });

  it('can be tried out for a registered need by those who may read it', async () => {
    const query =
      'query ($id: ID!) { previewCandidates(needId: $id) { passed unmetReason nearestMiss { constraint } } }';
    const id = globalId('Need', area.needs.longMeal);
    expect(await execute(database, admin, query, { id })).toEqual({
      previewCandidates: { passed: 0, unmetReason: 'CATCHMENT', nearestMiss: { constraint: 'CATCHMENT' } },
    });
    const neighbour = await signIn(database, area.areaId, 'RESIDENT', { residentId: area.residents.wu });
    await expect(execute(database, neighbour, query, { id })).rejects.toThrow(NotFound);
  });

  it('score with the weights that an administrator saved', async () => {
    const { saveScoringProfile } = await execute(
      database,
      admin,
      `mutation { saveScoringProfile(input: { name: "就近优先", weights: [{ factor: PROXIMITY, weight: 1 }] }) {
        ... on ScoringProfile { name version weights { factor weight } } } }`,
    );
    expect(saveScoringProfile).toMatchObject({ name: '就近优先', version: 1 });
    expect(saveScoringProfile.weights.filter(({ weight }: { weight: number }) => weight > 0)).toEqual([
      { factor: 'PROXIMITY', weight: 1 },
    ]);
    const { scoringProfiles } = await execute(database, admin, '{ scoringProfiles { nodes { name version } } }');
    expect(scoringProfiles.nodes).toContainEqual({ name: '就近优先', version: 1 });
  });
});
