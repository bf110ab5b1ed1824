import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SqlDriverAdapter, SqlMigrationAwareDriverAdapterFactory } from '@prisma/driver-adapter-utils';
import type { MigrationList } from '@prisma/schema-engine-wasm';
import { openSchemaEngine } from './schema-engine.ts';
import { ensureViewerRole } from './viewer-role.ts';

const prismaFolder = join(import.meta.dirname, '../../prisma');
const migrationsFolder = join(prismaFolder, 'migrations');
const noFilter = { externalTables: [], externalEnums: [] };

/**
 * Applies every migration that the database does not have yet, in order, and records each in `_prisma_migrations`.
 *
 * @returns the names of the migrations applied now; empty when the database was up to date
 * @throws as `ensureViewerRole`, before anything is applied
 */
export async function migrate(factory: SqlMigrationAwareDriverAdapterFactory): Promise<readonly string[]> {
  await ensureViewerRole(factory);
  const opened: SqlDriverAdapter[] = [];
  const connect = async () => {
    const adapter = await factory.connect();
    opened.push(adapter);
    return adapter;
  };
  try {
    const engine = await openSchemaEngine(readSchema(), { ...factory, connect });
    const { appliedMigrationNames } = await engine.applyMigrations({
      migrationsList: readMigrations(),
      filters: noFilter,
    });
    return appliedMigrationNames;
  } finally {
    // The engine takes an advisory lock of its session and never gives it back: it goes with the connection.
    await Promise.all(opened.map((adapter) => adapter.dispose()));
  }
}

/**
 * The SQL that would bring a database made by the migrations to the schema; empty when they agree.
 *
 * @param scratch an empty database, which is left with the migrations applied
 */
export async function schemaDifference(scratch: SqlMigrationAwareDriverAdapterFactory): Promise<string> {
  await migrate(scratch);
  const schema = readSchema();
  const engine = await openSchemaEngine(schema, scratch);
  const { stdout } = await engine.diff({
    from: { tag: 'migrations', ...readMigrations() },
    to: { tag: 'schemaDatamodel', files: [{ path: 'schema.prisma', content: schema }] },
    script: true,
    exitCode: null,
    filters: noFilter,
  });
  const sql = stdout ?? '';
  return /^\s*-- This is an empty migration\.\s*$/.test(sql) ? '' : sql;
}

/**
 * Writes the next migration folder.
 *
 * @param name words for the folder name, joined by underscores
 * @param sql its statements
 * @param now gives the folder its place in the order
 * @returns path of the new `migration.sql`
 */
export function writeMigration(name: string, sql: string, now: Date): string {
  const stamp = now.toISOString().replace(/\D/g, '').slice(0, 14);
  const folder = join(migrationsFolder, `${stamp}_${name.trim().replace(/\W+/g, '_').toLowerCase()}`);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'migration.sql');
  writeFileSync(file, sql);
  return file;
}

function readSchema(): string {
  return readFileSync(join(prismaFolder, 'schema.prisma'), 'utf8');
}

function readMigrations(): MigrationList {
  const folders = readdirSync(migrationsFolder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
  return {
    baseDir: migrationsFolder,
    lockfile: {
      path: 'migration_lock.toml',
      content: readFileSync(join(migrationsFolder, 'migration_lock.toml'), 'utf8'),
    },
    shadowDbInitScript: '',
    migrationDirectories: folders.map((path) => ({
      path,
      migrationFile: {
        path: 'migration.sql',
        content: { tag: 'ok', value: readFileSync(join(migrationsFolder, path, 'migration.sql'), 'utf8') },
      },
    })),
  };
}
