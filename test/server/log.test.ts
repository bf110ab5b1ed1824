import { expect, it } from 'vitest';
import { openLog, withoutPersonalInformation } from '../../src/server/log.ts';

const TOKEN = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJsaS5uYSJ9.c2lnbmF0dXJl';

function logged(write: (log: ReturnType<typeof openLog>) => void): string {
  const lines: string[] = [];
  write(openLog('info', { write: (line: string) => void lines.push(line) }));
  return lines.join('');
}

it.each([
  ['a Chinese name', 'Unique constraint failed for 杨秀英', '杨秀英'],
  ['the detail of a database error', 'Key (phone)=(138 0855 0000) already exists', '0855'],
  ['a phone number', 'cannot send to 13808550000', '13808550000'],
  ['an identity number', 'bad number 52260119500308002X', '52260119500308002X'],
  ['a text in quotes', 'Argument title: "moved to 3 Beijing Road"', 'Beijing'],
  ['an address of mail', 'li.na@example.gov.cn is taken', 'li.na@'],
  [
    'a text in quotes that is cut before they close',
    `${'-'.repeat(470)} title: "moved to Beijing Road${'!'.repeat(99)}"`,
    'moved',
  ],
  ['a token', `no key for ${TOKEN}`, 'eyJ'],
])('an error is logged without %s in its message', (_name, message, secret) => {
  expect(logged((log) => log.error({ err: new Error(message) }, 'unexpected error'))).not.toContain(secret);
  const nested = new Error('failed', { cause: new Error(message) });
  expect(logged((log) => log.error({ err: nested }, 'unexpected error'))).not.toContain(secret);
});

it('of an error the type, the code and the places stay, with the names of columns', () => {
  const error = Object.assign(new TypeError('column "urgency" of relation "needs" is wrong'), { code: '42703' });
  const line = JSON.parse(logged((log) => log.error({ err: error }, 'unexpected error')));
  expect(line.err).toMatchObject({ type: 'TypeError', code: '42703', message: error.message });
  expect(line.err.stack).toContain('log.test.ts');
});

it.each(['authorization', 'token', 'password', 'phone', 'variables'])(
  'a field %s is never told, one object down either',
  (field) => {
    expect(logged((log) => log.info({ [field]: 'secret' }, 'x'))).not.toContain('secret');
    expect(logged((log) => log.info({ request: { [field]: 'secret' } }, 'x'))).not.toContain('secret');
  },
);

it('a message of any length is cut before it is read, so that none is slow', () => {
  expect(withoutPersonalInformation(`"${'\\"'.repeat(200_000)}`).length).toBeLessThanOrEqual(600);
});
