import type { Database } from '../../src/database/database.ts';

/** Something with an id in the API, and whose it is. */
export type Thing = {
  readonly typename: string;
  readonly id: string;
  readonly areaId: string;
  readonly communities: readonly string[];
  readonly providers: readonly string[];
  readonly residents: readonly string[];
  readonly users: readonly string[];
  /** On the public lists of its area. */
  readonly isPublic: boolean;
};

/** A type's rows: id, area, and whose they are where they are somebody's. Arrays may hold nulls. */
const ROWS: Readonly<Record<string, string>> = {
  Area: 'SELECT id, id AS area_id FROM areas',
  Community: 'SELECT id, area_id FROM communities',
  Category: 'SELECT id, area_id FROM categories',
  ScoringProfile: 'SELECT id, area_id FROM scoring_profiles',
  MatchRun: 'SELECT id, area_id FROM match_runs',
  SlaTerm: 'SELECT id, area_id FROM sla_terms',
  AuditEntry: 'SELECT id, area_id FROM audit_entries',
  FundingProgramme: 'SELECT id, area_id FROM funding_programmes',
  Settlement: 'SELECT id, area_id, ARRAY[provider_id] AS providers FROM settlements',
  Provider: "SELECT id, area_id, ARRAY[id] AS providers, admission = 'ADMITTED' AS is_public FROM providers",
  Service: `SELECT s.id, s.area_id, ARRAY[provider_id] AS providers,
    status = 'PUBLISHED' AND admission = 'ADMITTED' AS is_public
    FROM services s JOIN providers p ON p.id = provider_id`,
  Resident: 'SELECT id, area_id, ARRAY[community_id] AS communities, ARRAY[id] AS residents FROM residents',
  ResidentReveal: "SELECT id, area_id, ARRAY[user_id] AS users FROM resident_reveals WHERE fields <> '{EVERYTHING}'",
  ResidentExport: "SELECT id, area_id, ARRAY[user_id] AS users FROM resident_reveals WHERE fields = '{EVERYTHING}'",
  ResidentErasure: 'SELECT id, area_id, ARRAY[actor_id] AS users FROM resident_erasures',
  ConsentRecord: `SELECT c.id, c.area_id, ARRAY[community_id] AS communities, ARRAY[resident_id] AS residents
    FROM consent_records c JOIN residents r ON r.id = resident_id`,
  Caregiving: `SELECT c.id, c.area_id, ARRAY[community_id] AS communities, ARRAY[resident_id] AS residents,
    ARRAY[user_id] AS users FROM caregivings c JOIN residents r ON r.id = resident_id`,
  User: 'SELECT id, area_id, ARRAY[id] AS users FROM users',
  RoleGrant: 'SELECT g.id, area_id, ARRAY[user_id] AS users FROM role_grants g JOIN users u ON u.id = user_id',
  Need: `SELECT id, area_id, ARRAY[community_id] AS communities, ARRAY[resident_id] AS residents,
    ARRAY(SELECT provider_id FROM orders WHERE need_id = n.id) AS providers FROM needs n`,
  MatchOutcome: `SELECT o.id, area_id, ARRAY[community_id] AS communities, ARRAY[resident_id] AS residents
    FROM match_outcomes o JOIN needs n ON n.id = need_id`,
  Candidate: `SELECT c.id, n.area_id, ARRAY[community_id] AS communities, ARRAY[resident_id] AS residents,
    ARRAY(SELECT o.provider_id FROM orders o WHERE o.need_id = n.id AND o.provider_id = s.provider_id) AS providers
    FROM candidates c JOIN needs n ON n.id = need_id JOIN services s ON s.id = service_id`,
  Order: `SELECT o.id, o.area_id, ARRAY[o.community_id] AS communities, ARRAY[provider_id] AS providers,
    ARRAY[resident_id] AS residents FROM orders o JOIN needs n ON n.id = need_id`,
  Appraisal: `SELECT a.id, o.area_id, ARRAY[o.community_id] AS communities, ARRAY[provider_id] AS providers,
    ARRAY[resident_id] AS residents FROM appraisals a JOIN orders o ON o.id = order_id JOIN needs n ON n.id = need_id`,
  Notice: 'SELECT id, area_id, ARRAY[community_id] AS communities, ARRAY[provider_id] AS providers FROM notices',
  Ledger: 'SELECT id, area_id, ARRAY[community_id] AS communities FROM ledgers',
  ...Object.fromEntries(
    [
      ['LedgerEntry', 'ledger_entries'],
      ['LedgerPeriod', 'ledger_periods'],
      ['Account', 'accounts'],
      ['Transfer', 'transfers'],
    ].map(([typename, table]) => [
      typename,
      `SELECT t.id, area_id, ARRAY[community_id] AS communities FROM ${table} t JOIN ledgers l ON l.id = ledger_id`,
    ]),
  ),
};

/** The types that `listThings` knows. */
export const THING_TYPES: readonly string[] = Object.keys(ROWS).sort();

/** Every thing in the database, read past all policy. */
export async function listThings({ prisma }: Database): Promise<readonly Thing[]> {
  const things: Thing[] = [];
  for (const [typename, rows] of Object.entries(ROWS)) {
    const found = await prisma.$queryRawUnsafe<{ thing: Record<string, unknown> }[]>(
      `SELECT to_jsonb(t) AS thing FROM (${rows}) t ORDER BY t.id`,
    );
    for (const { thing } of found) {
      const owners = (name: string) =>
        ((thing[name] as (string | null)[] | undefined) ?? []).filter((id) => id !== null);
      things.push({
        typename,
        id: thing.id as string,
        areaId: thing.area_id as string,
        communities: owners('communities'),
        providers: owners('providers'),
        residents: owners('residents'),
        users: owners('users'),
        isPublic: thing.is_public === true,
      });
    }
  }
  return things;
}
