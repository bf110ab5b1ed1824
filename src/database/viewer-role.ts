import type { SqlMigrationAwareDriverAdapterFactory } from '@prisma/driver-adapter-utils';

/**
 * Makes the role that viewers' transactions take, where the server does not have it, and lets the database's own user take
 * it. Roles are those of the whole server, so this is no migration: one that fails could not simply be tried again.
 *
 * @throws an error that says what an administrator of the server has to run, where the user may not do it
 */
export async function ensureViewerRole(factory: SqlMigrationAwareDriverAdapterFactory): Promise<void> {
  const adapter = await factory.connect();
  try {
    await adapter.executeScript(ENSURE_VIEWER_ROLE);
  } finally {
    await adapter.dispose();
  }
}

/** As SQL; on a server that has all it changes nothing. */
export const ENSURE_VIEWER_ROLE = `
DO $$
BEGIN
  BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'liangdan_viewer') THEN
      CREATE ROLE liangdan_viewer NOLOGIN NOINHERIT;
    END IF;
  EXCEPTION
    -- Another database of the server is being set up at the same time.
    WHEN duplicate_object OR unique_violation THEN NULL;
    WHEN insufficient_privilege THEN
      RAISE EXCEPTION 'The database user % may not make roles. An administrator of the database server has to run once: CREATE ROLE liangdan_viewer NOLOGIN NOINHERIT; GRANT liangdan_viewer TO %;',
        current_user, quote_ident(current_user);
  END;
  BEGIN
    PERFORM set_config('role', 'liangdan_viewer', true);
    PERFORM set_config('role', 'none', true);
  EXCEPTION
    WHEN insufficient_privilege THEN
      BEGIN
        EXECUTE format('GRANT liangdan_viewer TO %I', current_user);
      EXCEPTION
        WHEN insufficient_privilege THEN
          RAISE EXCEPTION 'The database user % may not act as liangdan_viewer. An administrator of the database server has to run once: GRANT liangdan_viewer TO %;',
            current_user, quote_ident(current_user);
      END;
  END;
END $$`;
