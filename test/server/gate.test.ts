import type { IncomingMessage } from 'node:http';
import { expect, it } from 'vitest';
import { addressOf } from '../../src/server/gate.ts';

const from = (remoteAddress: string, forwarded?: string) =>
  ({
    headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
    socket: { remoteAddress },
  }) as unknown as IncomingMessage;

it.each([
  ['the peer, where no proxy is stated', from('10.0.0.9', '1.2.3.4'), 0, '10.0.0.9'],
  ['what the proxy saw', from('10.0.0.9', '6.6.6.6, 1.2.3.4'), 1, '1.2.3.4'],
  ['what the outer of two proxies saw', from('10.0.0.9', '6.6.6.6, 1.2.3.4, 10.0.0.8'), 2, '1.2.3.4'],
  ['the peer, where the proxy told nothing', from('10.0.0.9'), 1, '10.0.0.9'],
  ['the peer, where fewer proxies told than there are', from('10.0.0.9', '1.2.3.4'), 2, '10.0.0.9'],
  ['an IPv4 address in IPv6 clothes', from('::ffff:10.0.0.9'), 0, '10.0.0.9'],
  ['the line of an IPv6 address', from('2001:db8:1:2:3:4:5:6'), 0, '2001:db8:1:2'],
  ['the line of a shortened IPv6 address', from('2001:db8::6'), 0, '2001:db8:0:0'],
])('a request comes from %s', (_name, request, proxies, address) => {
  expect(addressOf(request, proxies)).toBe(address);
});
