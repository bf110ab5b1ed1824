import { builder } from './builder.ts';
import { describeRelayParts } from './relay-descriptions.ts';
import './scalars.ts';
import './failures.graphql.ts';
import '../communities/community.graphql.ts';
import '../communities/category.graphql.ts';
import '../services/provider.graphql.ts';
import '../services/service.graphql.ts';
import '../services/service-changes.graphql.ts';
import '../matchruns/match-run.graphql.ts';
import '../needs/resident.graphql.ts';
import '../needs/reveal.graphql.ts';
import '../needs/need.graphql.ts';
import '../needs/need-match.graphql.ts';
import '../needs/need-changes.graphql.ts';
import '../fit/fit.graphql.ts';
import '../ledger/ledger.graphql.ts';
import '../ledger/correction.graphql.ts';
import '../ledger/period.graphql.ts';
import '../orders/order.graphql.ts';
import '../orders/order-actions.graphql.ts';
import '../orders/order-subscription.graphql.ts';
import '../funding/price.graphql.ts';
import '../funding/programme.graphql.ts';
import '../funding/settlement.graphql.ts';
import '../orders/sla.graphql.ts';
import '../orders/calendar.graphql.ts';
import '../notices/notice.graphql.ts';
import '../audit/audit.graphql.ts';
import '../identity/user.graphql.ts';
import '../caregivers/caregiving.graphql.ts';

builder.queryType({ description: 'What can be read (查询).' });
builder.mutationType({
  description: 'What can be done (操作). Each answers with its result or a typed failure.',
  // Before anything is looked up, so that who has not signed in learns nothing of what there is.
  authScopes: { signedIn: true },
});
builder.subscriptionType({ description: 'What can be listened to, over server-sent events (订阅).' });

/** The whole GraphQL schema; each feature's types are gathered by the imports above. */
export const schema = describeRelayParts(builder.toSchema());
