import type { Database } from '../database/database.ts';
import { fitByCategory } from '../fit/index.ts';
import type { MatchRun } from '../generated/prisma/client.ts';
import { UNMET_REASONS, type UnmetReason } from '../matchruns/index.ts';
import { printedRate, printedTable } from './tables.ts';

/** Prints what each area holds: its lists, the latest match run with the main reasons of unmet needs, and the fit. */
export async function printSummary(database: Database, print: (line: string) => void): Promise<void> {
  for (const area of await database.prisma.area.findMany({ orderBy: { id: 'asc' } })) {
    await printArea(database, area, print);
  }
}

async function printArea(
  database: Database,
  area: { id: string; name: string; code: string },
  print: (line: string) => void,
): Promise<void> {
  const { prisma } = database;
  const where = { areaId: area.id };
  const [communities, providers, services, residents, needs, orders] = await Promise.all([
    prisma.community.count({ where }),
    prisma.provider.count({ where }),
    prisma.service.count({ where: { ...where, status: 'PUBLISHED' } }),
    prisma.resident.count({ where }),
    prisma.need.count({ where }),
    prisma.order.count({ where }),
  ]);
  print(`\n${area.name} (${area.code})`);
  print(
    `  ${communities} communities, ${residents} residents, ${needs} needs; ${providers} providers, ${services} published services; ${orders} orders`,
  );
  const run = await prisma.matchRun.findFirst({ where: { ...where, state: 'COMPLETED' }, orderBy: { id: 'desc' } });
  if (run) await printRun(database, run, print);
  await printFit(database, area.id, print);
}

/** Prints what a match run came to, with the three main reasons of the needs that it left unmet. */
export async function printRun({ prisma }: Database, run: MatchRun, print: (line: string) => void): Promise<void> {
  print(
    `  Match run (${run.policy}): ${run.needs} needs, ${run.matched} matched, ${run.dispatched} orders dispatched, ${run.unmet} unmet`,
  );
  const reasons = await prisma.matchOutcome.groupBy({
    by: ['unmetReason'],
    where: { matchRunId: run.id, unmetReason: { not: null } },
    _count: true,
    orderBy: { _count: { unmetReason: 'desc' } },
    take: 3,
  });
  for (const { unmetReason, _count: count } of reasons) {
    print(`    ${count} unmet: ${UNMET_REASONS[unmetReason as UnmetReason]?.en ?? unmetReason}`);
  }
}

/** Prints how supply meets need, a line for each category that has needs. */
export async function printFit(database: Database, areaId: string, print: (line: string) => void): Promise<void> {
  const rows = await fitByCategory(database, areaId);
  if (rows.length === 0) return;
  print('\n  Fit by category (匹配度)');
  print(
    printedTable(
      [
        { heading: 'Category' },
        { heading: 'Needs', isNumber: true },
        { heading: 'Offered', isNumber: true },
        { heading: 'Accepted', isNumber: true },
        { heading: 'Fulfilled', isNumber: true },
        { heading: 'Unmet', isNumber: true },
        { heading: 'Match rate', isNumber: true },
        { heading: 'Fill rate', isNumber: true },
      ],
      rows.map((row) => [
        row.categoryName,
        String(row.needs),
        String(row.offered),
        String(row.matched),
        String(row.fulfilled),
        String(row.unmet),
        printedRate(row.matchRate),
        printedRate(row.fillRate),
      ]),
    ),
  );
}
