import { GraphQLError } from 'graphql';
import type { Clock } from '../clock.ts';
import type { Database } from '../database/database.ts';
import type { Locale } from '../failures.ts';
import { developmentUser, NoSuchScope } from '../identity/development-users.ts';
import type { DevelopmentIssuer } from '../identity/tokens.ts';
import { findAnonymousViewer, findViewer, type UserSubject } from '../identity/user.store.ts';
import type { Viewer } from '../identity/viewer.ts';

/** How many tokens are remembered with the user that they stand for. */
const REMEMBERED_TOKENS = 1000;

/** Finds who makes a request, by its Authorization header. */
export type FindViewer = (authorization: string | null, locale: Locale) => Promise<Viewer>;

/**
 * Checks tokens on every request and reads the user's roles anew; only which user a token stands for is remembered.
 * What it gives throws a `GraphQLError` with an HTTP status where there is no viewer.
 */
export function viewerFinder(database: Database, issuer: DevelopmentIssuer, clock: Clock): FindViewer {
  const remembered = new Map<string, UserSubject>();
  const subjectOf = async (token: string): Promise<UserSubject | null> => {
    const claims = await issuer.check(token, clock());
    if (!claims) return null;
    const known = remembered.get(token);
    if (known) return known;
    try {
      const user = await developmentUser(database, claims);
      if (remembered.size >= REMEMBERED_TOKENS) remembered.clear();
      remembered.set(token, user);
      return user;
    } catch (error) {
      if (error instanceof NoSuchScope) return null;
      throw error;
    }
  };
  return async (authorization, locale) => {
    if (authorization === null) {
      const anonymous = await findAnonymousViewer(database);
      if (anonymous) return anonymous;
      throw refusal(
        503,
        'NO_AREA',
        locale,
        '数据库中还没有区域',
        'The database has no area yet; see `liangdan area --help`',
      );
    }
    const token = /^Bearer ([\w.-]+)$/i.exec(authorization)?.[1];
    const subject = token === undefined ? null : await subjectOf(token);
    const viewer = subject && (await findViewer(database, subject));
    if (viewer) return viewer;
    throw refusal(401, 'NOT_SIGNED_IN', locale, '令牌无效或已过期', 'The token is not valid or has expired');
  };
}

function refusal(status: number, code: string, locale: Locale, zh: string, en: string): GraphQLError {
  return new GraphQLError(locale === 'zh' ? zh : en, { extensions: { code, http: { status } } });
}
