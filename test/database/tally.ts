import type { Database } from '../../src/database/database.ts';

/** How many rows each table holds, and how often they were changed as far as they count that. */
export async function tally({ prisma }: Database): Promise<unknown> {
  const tables = await prisma.$queryRaw<{ name: string; versioned: boolean }[]>`
    SELECT t.table_name AS name, EXISTS (
      SELECT FROM information_schema.columns c WHERE c.table_name = t.table_name AND c.column_name = 'version') AS versioned
    FROM information_schema.tables t
    WHERE t.table_schema = 'public' AND t.table_type = 'BASE TABLE' ORDER BY 1`;
  const counts = tables.map(
    ({ name, versioned }) =>
      `SELECT '${name}' AS name, count(*)::int AS rows, ${versioned ? 'sum(version)' : 'NULL'}::int AS versions FROM ${name}`,
  );
  return prisma.$queryRawUnsafe(counts.join(' UNION ALL '));
}
