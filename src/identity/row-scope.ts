import type { Database } from '../database/database.ts';
import type { RowScope } from '../database/row-wall.ts';
import { type Action, POLICY, reachOf } from './policy.ts';
import type { Viewer } from './viewer.ts';

/**
 * The classes of rows behind the second wall (行级安全), and the action of the policy that reaches a class in the whole area.
 * The row-level policies of the database name them; which table is of which class stands in the migrations.
 */
export const ROW_CLASSES = {
  /** Changing the public lists: communities, categories, providers, services, terms, programmes. All of the area read them. */
  lists: 'community.write',
  /** Persons and their keys. */
  residents: 'resident.read',
  needs: 'need.read',
  /** Orders with their events, price and appraisals. */
  orders: 'order.read',
  notices: 'notice.read',
  /** Ledgers with entries, accounts, transfers and periods. */
  books: 'ledger.read',
  /** Match runs with what they found. */
  matches: 'match.read',
  /** What programmes have paid for whom. */
  programmes: 'programme.read',
  settlements: 'settlement.read',
  /** The audit log. */
  audit: 'audit.read',
  /** Users and what they were granted. */
  users: 'user.read',
} as const satisfies Readonly<Record<string, Action>>;

/**
 * How far a viewer's roles reach into the rows: for each class the whole area or not; beside that the communities,
 * providers and residents over which they may do anything at all.
 */
export function rowScopeOf(viewer: Viewer): RowScope {
  const reaches = (Object.keys(POLICY) as Action[]).map((action) => reachOf(viewer, action));
  const all = (key: 'communityIds' | 'providerIds' | 'residentIds') => [
    ...new Set(reaches.flatMap((reach) => reach[key])),
  ];
  return {
    userId: viewer.userId,
    areaId: viewer.areaId,
    areaWide: Object.entries(ROW_CLASSES)
      .filter(([, action]) => reachOf(viewer, action).wholeArea)
      .map(([name]) => name),
    communityIds: all('communityIds'),
    providerIds: all('providerIds'),
    residentIds: all('residentIds'),
  };
}

/** The database as a viewer may see it; the system's own has no wall. */
export function databaseFor(viewer: Viewer, database: Database): Database {
  return viewer.isSystem ? database : database.behindWall(rowScopeOf(viewer));
}
