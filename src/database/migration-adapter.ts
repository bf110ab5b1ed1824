import { PGlite } from '@electric-sql/pglite';
import {
  DriverAdapterError,
  type SqlDriverAdapter,
  type SqlMigrationAwareDriverAdapterFactory,
} from '@prisma/driver-adapter-utils';
import { PrismaPGlite } from 'pglite-prisma-adapter';
import { ENSURE_VIEWER_ROLE } from './viewer-role.ts';

/**
 * The adapter factory with scripts run whole and waited for. Prisma's PostgreSQL adapter cuts a script at every
 * semicolon, through the bodies of functions; the embedded one neither waits for a script nor tells of its errors.
 *
 * @param runScript sends the statements to the main database in one message
 */
export function migrationAdapter(
  factory: SqlMigrationAwareDriverAdapterFactory,
  runScript: (script: string) => Promise<unknown>,
): SqlMigrationAwareDriverAdapterFactory {
  return {
    provider: factory.provider,
    adapterName: factory.adapterName,
    connect: async () => withScripts(await factory.connect(), runScript),
    // Migrations are replayed on an embedded database for comparison, so that a server need not let us create one.
    connectToShadowDb: async () => {
      const engine = await PGlite.create();
      await engine.exec(ENSURE_VIEWER_ROLE);
      return withScripts(await new PrismaPGlite(engine).connect(), (script) => engine.exec(script));
    },
  };
}

function withScripts(adapter: SqlDriverAdapter, runScript: (script: string) => Promise<unknown>): SqlDriverAdapter {
  adapter.executeScript = async (script) => {
    try {
      await runScript(script);
    } catch (error) {
      throw new DriverAdapterError(describeError(error));
    }
  };
  return adapter;
}

/** The error in the form that the schema engine reads, so that its message names what PostgreSQL refused. */
function describeError(error: unknown) {
  const text = (name: string): string | undefined => {
    const value = (error as Record<string, unknown>)[name];
    return typeof value === 'string' ? value : undefined;
  };
  return {
    kind: 'postgres' as const,
    code: text('code') ?? 'XX000',
    severity: text('severity') ?? 'ERROR',
    message: text('message') ?? String(error),
    detail: text('detail'),
    column: text('column'),
    hint: text('hint'),
  };
}
