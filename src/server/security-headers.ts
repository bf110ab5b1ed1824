import type { ServerResponse } from 'node:http';

/** What browsers are told about every answer (OWASP Secure Headers). */
const HEADERS = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-site',
  'cache-control': 'no-store',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
} as const;

/** Answers are data: nothing in them is run or loaded. */
const DATA_ONLY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
/** GraphiQL is one page with everything in it; it talks to this server alone. */
const EXPLORER = [
  "default-src 'none'",
  "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
  "style-src 'self' 'unsafe-inline'",
  "font-src 'self' data:",
  "img-src 'self' data:",
  'worker-src blob:',
  "connect-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/**
 * Puts the security headers on an answer.
 *
 * @param isExplorer whether the answer may be the page of GraphiQL
 * @param isBehindTls whether browsers come over TLS, and shall from now on only do so
 */
export function setSecurityHeaders(
  response: ServerResponse,
  { isExplorer, isBehindTls }: { isExplorer: boolean; isBehindTls: boolean },
): void {
  for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
  response.setHeader('content-security-policy', isExplorer ? EXPLORER : DATA_ONLY);
  if (isBehindTls) response.setHeader('strict-transport-security', 'max-age=31536000; includeSubDomains');
}
