import type { GraphQLArgument, GraphQLOutputType } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { schema } from '../../src/graphql/schema.ts';
import { globalId } from '../area.ts';
import { tally } from '../database/tally.ts';
import { CALLS, mutations, type Stage, stage } from '../graphql/mutation-calls.ts';
import { openTarget, type Target } from './attack.ts';
import { sampleOf, type WrongArguments, wrongArguments } from './wrong-values.ts';

let target: Target;
beforeAll(async () => {
  target = await openTarget();
});
afterAll(() => target.close());

/** Sends arguments; says what is wrong with the answer, `null` where it is a failure that names the field. */
async function faultOf(
  operation: 'query' | 'mutation',
  {
    name,
    args,
    type,
  }: { readonly name: string; readonly args: readonly GraphQLArgument[]; readonly type: GraphQLOutputType },
  { path, values }: WrongArguments,
  token: string,
): Promise<string | null> {
  const declared = args.map((arg) => `$${arg.name}: ${arg.type}`).join();
  const passed = args.map((arg) => `${arg.name}: $${arg.name}`).join();
  const ofQuery = /Connection/.test(String(type)) ? '{ edges { cursor } }' : '{ __typename }';
  const selection = operation === 'mutation' ? '{ __typename ... on Failure { code path } }' : ofQuery;
  const source = `${operation} (${declared}) { answer: ${name}(${passed}) ${selection} }`;
  const { status, json, text } = await target.ask(source, { token, variables: values });
  const failure = json?.data?.answer?.code ? json.data.answer : json?.errors?.[0];
  const said = text.slice(0, 300);
  if (status !== 200 && status !== 400) return `HTTP ${status} ${said}`;
  if (!failure) return `taken: ${said}`;
  if ((failure.code ?? failure.extensions?.code) === 'UNEXPECTED') return `unexpected: ${said}`;
  // The weight of a factor is named by the factor, which stands in the list.
  const field = path.join('.') === 'input.weights.weight' ? 'weights' : path.at(-1)!;
  const named = [...(failure.path ?? []), ...(failure.extensions?.field ?? [])];
  const isNamed = named.includes(field) || new RegExp(`\\b${field}\\b`).test(failure.message ?? '');
  return isNamed ? null : `does not name ${field}: ${said}`;
}

/** Who sends what, in place of the viewer of a call. */
async function tokenOf({ area, people }: Stage, code: string, viewer: unknown): Promise<string> {
  const { externalId } = await target.database.prisma.resident.findUniqueOrThrow({
    where: { id: area.residents.yang },
  });
  if (viewer === people.admin) return target.token('AREA_ADMIN', { area: code });
  if (viewer === people.staff) return target.token('COMMUNITY_STAFF', { area: code, community: 'C01' });
  if (viewer === people.canteen) return target.token('PROVIDER_STAFF', { area: code, provider: 'P01' });
  return target.token('RESIDENT', { area: code, resident: externalId });
}

describe('wrong values in otherwise well-formed requests are answered with a failure that names the field, and nothing is written', () => {
  it.each(Object.keys(CALLS))('%s', async (name) => {
    const code = `WRONG-${name}`;
    const at = await stage(target.database, code);
    const { viewer, input } = await CALLS[name]!(at);
    const token = await tokenOf(at, code, viewer);
    await target.ask('{ me { id } }', { token });
    const before = await tally(target.database);
    const faults: string[] = [];
    for (const wrong of wrongArguments(mutations[name]!.args, { input })) {
      const fault = await faultOf('mutation', mutations[name]!, wrong, token);
      if (fault) faults.push(`${wrong.path.join('.')} (${wrong.type}), ${wrong.wrong}: ${fault}`);
    }
    expect(faults).toEqual([]);
    expect(await tally(target.database)).toEqual(before);
  });

  const queries = schema.getQueryType()!.getFields();
  it.each(Object.keys(queries).filter((name) => queries[name]!.args.length > 0))('%s', async (name) => {
    const { area } = target;
    const good: Record<string, unknown> = {
      needId: globalId('Need', area.needs.yangMeal),
      serviceId: globalId('Service', area.services.lunch),
      categoryId: globalId('Category', area.categories.ELDER!),
      id: globalId('Need', area.needs.yangMeal),
      year: 2026,
      input: { title: '午餐', communityId: globalId('Community', area.communities.dashizi) },
    };
    const query = queries[name]!;
    const required = query.args.filter((arg) => String(arg.type).endsWith('!'));
    const base = Object.fromEntries(required.map((arg) => [arg.name, good[arg.name] ?? sampleOf(arg.type)]));
    const token = await target.token(name === 'auditEntries' ? 'AUDITOR' : 'AREA_ADMIN', { area: 'KAILI' });
    const faults: string[] = [];
    for (const wrong of wrongArguments(query.args, base)) {
      // Those take the id of anything; what is not there is answered as what may not be read.
      const takesAnything = name === 'node' || name === 'auditEntries';
      if (takesAnything && wrong.wrong === 'an id of an audit chain') continue;
      const fault = await faultOf('query', query, wrong, token);
      if (fault) faults.push(`${wrong.path.join('.')} (${wrong.type}), ${wrong.wrong}: ${fault}`);
    }
    expect(faults).toEqual([]);
  });
});
