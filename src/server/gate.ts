import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

/** Why a request is turned away before GraphQL sees it. */
export type GateRefusal = { readonly status: number; readonly code: string; readonly message: string };

/**
 * Turns away what no client of ours sends but a page of a stranger can make a browser send (cross-site request forgery):
 * calls from origins that are not in the list, and bodies that need no preflight (forms, plain text). Gives `null` for
 * what may pass. Fetch Standard, "CORS-safelisted request-header"; Fetch Metadata, section 2.
 *
 * @param corsOrigins origins of other hosts whose pages may call
 */
export function refuseAtGate(request: IncomingMessage, corsOrigins: readonly string[]): GateRefusal | null {
  const { headers, method } = request;
  if (isStrange(headers, corsOrigins)) {
    return { status: 403, code: 'ORIGIN_NOT_ALLOWED', message: 'Pages of this origin may not call this server' };
  }
  if (headers.origin === undefined && headers['sec-fetch-site'] === 'cross-site' && request.url?.includes('?')) {
    return { status: 403, code: 'ORIGIN_NOT_ALLOWED', message: 'Pages of other sites may not call this server' };
  }
  if (method === 'POST' && !JSON_TYPE.test(headers['content-type'] ?? '')) {
    return { status: 415, code: 'UNSUPPORTED_MEDIA_TYPE', message: 'Send the operation as application/json in UTF-8' };
  }
  return null;
}

const JSON_TYPE = /^application\/json\s*(?:;\s*charset="?utf-8"?\s*)?$/i;

/** Whether the request is from a page of another host that is not in the list. */
function isStrange({ origin, host }: IncomingHttpHeaders, corsOrigins: readonly string[]): boolean {
  if (origin === undefined || corsOrigins.includes(origin)) return false;
  return !URL.canParse(origin) || new URL(origin).host !== host;
}

/**
 * The address that a request comes from, for counting. Behind proxies it is the one that the outermost of them saw; what
 * a client wrote into X-Forwarded-For itself is never taken. Of an IPv6 address the first 64 bits, which one line has.
 *
 * @param proxies how many proxies stand in front
 */
export function addressOf(request: IncomingMessage, proxies: number): string {
  const forwarded = [request.headers['x-forwarded-for'] ?? []].flat().join(',').split(',');
  const seen = proxies > 0 ? forwarded.at(-proxies)?.trim() : undefined;
  const address = (seen || request.socket.remoteAddress) ?? '';
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped) return mapped;
  return address.includes(':') ? firstHalf(address) : address;
}

function firstHalf(address: string): string {
  const [head = '', tail] = address.split('::');
  const groups = head.split(':').filter(Boolean);
  const zeros = tail === undefined ? 0 : 8 - groups.length - tail.split(':').filter(Boolean).length;
  return [...groups, ...Array<string>(Math.max(0, zeros)).fill('0')].slice(0, 4).join(':');
}
