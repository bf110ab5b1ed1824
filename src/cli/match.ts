import type { Config } from '../config.ts';
import type { Database } from '../database/database.ts';
import { systemViewer } from '../identity/viewer.ts';
import { runMatch } from '../matchruns/index.ts';
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
    const runId = await runMatch(database, systemViewer(area.id), input, {
      clock: () => new Date(),
      onProgress: ({ stage, done, total }) => progress.show(`${stage} ${done}${total === null ? '' : ` / ${total}`}`),
    });
    progress.done(`Match run ${runId}`);
    await printRun(database, await database.prisma.matchRun.findUniqueOrThrow({ where: { id: runId } }), print);
  });
}

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
