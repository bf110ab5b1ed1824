import { builder } from '../graphql/builder.ts';
import { MatchOutcomeType } from '../matchruns/candidate.graphql.ts';
import { candidatesInReach, readsAsOwn } from './access.ts';
import { NeedType } from './need.graphql.ts';

/** What the latest match run found for a need; the runs' own types know the need, so it learns of them here. */
builder.prismaObjectFields(NeedType, (t) => ({
  candidates: t.relatedConnection('candidates', {
    cursor: 'id',
    description: 'The services that its latest match run found, best first; providers see their own (候选).',
    totalCount: true,
    query: (_args, { viewer }) => ({
      where: { AND: [{ current: true }, candidatesInReach(viewer)] },
      orderBy: [{ rank: 'asc' }, { id: 'asc' }],
    }),
  }),
  outcome: t.field({
    type: MatchOutcomeType,
    nullable: true,
    description: 'What its latest match run came to, and why it is unmet; null before any (匹配结果).',
    select: (_args, _context, nested) => ({
      outcomes: nested({ where: { current: true }, orderBy: { id: 'desc' }, take: 1 }),
    }),
    resolve: (need, _args, { viewer }) => (readsAsOwn(viewer, need) ? (need.outcomes[0] ?? null) : null),
  }),
}));
