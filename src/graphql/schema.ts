import { builder } from './builder.ts';
import { describeRelayParts } from './relay-descriptions.ts';
import './scalars.ts';
import './failures.graphql.ts';
import '../communities/community.graphql.ts';
import '../communities/category.graphql.ts';
import '../services/provider.graphql.ts';
import '../services/service.graphql.ts';
import '../services/service-changes.graphql.ts';

builder.queryType({ description: 'What can be read (查询).' });
builder.mutationType({ description: 'What can be done (操作). Each answers with its result or a typed failure.' });

/** The whole GraphQL schema; each feature's types are gathered by the imports above. */
export const schema = describeRelayParts(builder.toSchema());
