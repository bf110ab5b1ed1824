import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTarget, type Target } from './attack.ts';

let target: Target;
beforeAll(async () => {
  target = await openTarget();
});
afterAll(() => target.close());

const audits = serverAudits({ url: () => `${target.url}/graphql`, fetchFn: fetch });

it.each(audits.map((audit) => [`${audit.id} ${audit.name}`, audit] as const))('%s', async (_name, audit) => {
  // Not only what MUST be: there is nothing that SHOULD or MAY be and is not.
  expect(await audit.fn()).toMatchObject({ status: 'ok' });
});
