import { z } from 'zod';
import type { Config } from '../config.ts';
import type { Database } from '../database/database.ts';
import { idempotencyKey } from '../idempotency/index.ts';
import { systemViewer } from '../identity/viewer.ts';
import { parseInput } from '../input.ts';
import { type MatchRunOptions, replayRun, runMatch, runMatchOnce } from '../matchruns/index.ts';
import { CommandFailure, findArea, withDatabase } from './open.ts';
import { progressLine } from './progress-line.ts';
import { printRun } from './summary.ts';

type MatchFlags = {
  readonly area?: string;
  readonly policy: string;
  readonly community: readonly string[];
  readonly category: readonly string[];
  readonly candidates: number;
  readonly dispatch: boolean;
  readonly key?: string;
};

/** Runs a match over the waiting needs, dispatches the orders, and prints what came of it. */
export async function match(config: Config, flags: MatchFlags, print: (line: string) => void): Promise<void> {
  await withDatabase(config, async (database) => {
    const area = await findArea(database, flags.area);
    const progress = progressLine();
    const input = {
      policy: flags.policy,
      candidatesPerNeed: flags.candidates,
      dispatch: flags.dispatch,
      ...(flags.community.length > 0 && { communityIds: await communityIds(database, area.id, flags.community) }),
      ...(flags.category.length > 0 && { categoryIds: await categoryIds(database, area.id, flags.category) }),
    };
    const viewer = systemViewer(area.id);
    const options: MatchRunOptions = {
      clock: () => new Date(),
      onProgress: ({ stage, done, total }) => progress.show(`${stage} ${done}${total === null ? '' : ` / ${total}`}`),
    };
    const runId =
      flags.key === undefined
        ? await runMatch(database, viewer, input, options)
        : await runMatchOnce(
            database,
            viewer,
            parseInput(idempotencyKey, flags.key, ['key']),
            input,
            options,
            database.kind === 'EMBEDDED' ? 0 : undefined,
          );
    progress.done(`Match run ${runId}`);
    const run = await database.prisma.matchRun.findUniqueOrThrow({ where: { id: runId } });
    if (run.state === 'RUNNING') {
      throw new CommandFailure('Another process has this run in hand. If it ended, call again in a minute.');
    }
    await printRun(database, run, print);
  });
}

/**
 * Computes a run again from its recorded input and prints whether it is what the run wrote, or what differs.
 *
 * @returns the exit status: 0 when it is identical, 1 otherwise
 */
export async function replay(config: Config, runId: string, print: (line: string) => void): Promise<0 | 1> {
  return withDatabase(config, async (database) => {
    if (!z.uuid().safeParse(runId).success) throw new CommandFailure(`${runId} is not the id of a match run.`);
    const { digest, needs, services, leftOut, refused, elsewhere, differences } = await replayRun(database, runId);
    print(`Match run ${runId}`);
    print(`  input     ${digest}`);
    print(`  compared  ${needs} needs against ${services} services`);
    if (leftOut > 0) print(`  left out  ${leftOut} needs that had changed when the run was written`);
    if (refused > 0) print(`  refused   ${refused} orders that could not be made when the run was written`);
    if (elsewhere > 0) print(`  elsewhere ${elsewhere} orders that went to another candidate when the run was written`);
    for (const { of, needId, written, found } of differences.slice(0, MOST_DIFFERENCES_PRINTED)) {
      print(`  DIFFERS   ${of}${needId === null ? '' : ` of need ${needId}`}: the run wrote ${written}; now ${found}`);
    }
    const more = differences.length - MOST_DIFFERENCES_PRINTED;
    if (more > 0) print(`  and ${more} differences more`);
    print(differences.length === 0 ? 'Identical.' : `${differences.length} differences.`);
    return differences.length === 0 ? 0 : 1;
  });
}

const MOST_DIFFERENCES_PRINTED = 50;

async function communityIds({ prisma }: Database, areaId: string, externalIds: readonly string[]): Promise<string[]> {
  const found = await prisma.community.findMany({ where: { areaId, externalId: { in: [...externalIds] } } });
  complain(
    'community',
    externalIds,
    found.map((community) => community.externalId),
  );
  return found.map((community) => community.id);
}

async function categoryIds({ prisma }: Database, areaId: string, codes: readonly string[]): Promise<string[]> {
  const found = await prisma.category.findMany({ where: { areaId, code: { in: [...codes] } } });
  complain(
    'category',
    codes,
    found.map((category) => category.code),
  );
  return found.map((category) => category.id);
}

function complain(kind: string, wanted: readonly string[], found: readonly string[]): void {
  const missing = wanted.filter((name) => !found.includes(name));
  if (missing.length > 0) throw new CommandFailure(`There is no ${kind} ${missing.join(', ')} in this area.`);
}
