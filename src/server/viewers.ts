import { GraphQLError } from 'graphql';
import type { Clock } from '../clock.ts';
import type { Database } from '../database/database.ts';
import type { Locale } from '../failures.ts';
import { developmentUser, isDevelopmentSubject, NoSuchScope } from '../identity/development-users.ts';
import { IssuerUnreachable, type OpenIdVerifier } from '../identity/oidc.ts';
import { rememberingChecks } from '../identity/remembered-checks.ts';
import type { DevelopmentIssuer } from '../identity/tokens.ts';
import { findAnonymousViewer, findUserOfSubject, findViewer, type UserSubject } from '../identity/user.store.ts';
import type { Viewer } from '../identity/viewer.ts';

/** How many tokens are remembered with the user that they stand for. */
const REMEMBERED_TOKENS = 1000;

/** Whose tokens are accepted: those of an OpenID Connect issuer, or development tokens. */
export type Issuer = DevelopmentIssuer | OpenIdVerifier;

/** What of a request says who makes it. */
export type Credentials = {
  /** The Authorization header. */
  readonly authorization: string | null;
  /** The Liangdan-Area header: code of the area they mean, of several in which they are users. */
  readonly area: string | null;
};

/** Finds who makes a request. */
export type FindViewer = (credentials: Credentials, locale: Locale) => Promise<Viewer>;

/**
 * Reads the user's roles anew with every request; what tokens say is remembered for a short while, and which user a
 * development token stands for as long as the server runs.
 * What it gives throws a `GraphQLError` with an HTTP status where there is no viewer.
 */
export function viewerFinder(database: Database, issuer: Issuer, clock: Clock): FindViewer {
  const subjectOf = 'sign' in issuer ? developmentSubjects(database, issuer) : openIdSubjects(database, issuer);
  return async ({ authorization, area }, locale) => {
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
    try {
      const now = clock();
      const subject = token === undefined ? null : await subjectOf(token, area, now);
      const viewer = subject && (await findViewer(database, subject, now));
      if (viewer) return viewer;
    } catch (error) {
      if (!(error instanceof IssuerUnreachable)) throw error;
      throw refusal(503, 'ISSUER_UNREACHABLE', locale, '暂时无法核验令牌', 'Tokens cannot be checked at the moment');
    }
    throw refusal(401, 'NOT_SIGNED_IN', locale, '令牌无效或已过期', 'The token is not valid or has expired');
  };
}

/** The user that a token stands for; `null` where it stands for none. */
type SubjectOf = (token: string, area: string | null, now: Date) => Promise<UserSubject | null>;

function developmentSubjects(database: Database, issuer: DevelopmentIssuer): SubjectOf {
  const check = rememberingChecks(issuer.check);
  const remembered = new Map<string, UserSubject>();
  return async (token, _area, now) => {
    const claims = await check(token, now);
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
}

function openIdSubjects(database: Database, issuer: OpenIdVerifier): SubjectOf {
  const check = rememberingChecks(issuer.subjectOf);
  return async (token, area, now) => {
    const subject = await check(token, now);
    return subject === null || isDevelopmentSubject(subject) ? null : findUserOfSubject(database, subject, area);
  };
}

function refusal(status: number, code: string, locale: Locale, zh: string, en: string): GraphQLError {
  return new GraphQLError(locale === 'zh' ? zh : en, { extensions: { code, http: { status } } });
}
