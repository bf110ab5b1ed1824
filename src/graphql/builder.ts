import SchemaBuilder from '@pothos/core';
import ComplexityPlugin from '@pothos/plugin-complexity';
import DataloaderPlugin from '@pothos/plugin-dataloader';
import ErrorsPlugin from '@pothos/plugin-errors';
import PrismaPlugin from '@pothos/plugin-prisma';
import RelayPlugin from '@pothos/plugin-relay';
import ScopeAuthPlugin, { type AuthFailure } from '@pothos/plugin-scope-auth';
import { getNullableType, isListType } from 'graphql';
import {
  ExpectedFailure,
  InvalidInput,
  NotAllowed,
  NotFound,
  NotSignedIn,
  TransitionRefused,
  VersionConflict,
} from '../failures.ts';
import type PrismaTypes from '../generated/pothos.ts';
import { getDatamodel } from '../generated/pothos.ts';
import { IdempotencyKeyReused } from '../idempotency/index.ts';
import { type Action, demandAtAll, mayAtAll } from '../identity/policy.ts';
import { PeriodClosed } from '../ledger/period.ts';
import type { Context } from './context.ts';
import { CURSOR_PLUGIN } from './cursor-plugin.ts';
import { IDEMPOTENCY_PLUGIN } from './idempotency-plugin.ts';
import { mayFetchNode } from './node-access.ts';

/** Depth, breadth and cost that one operation may have. A page of n costs n times what one of its entries costs. */
export const OPERATION_LIMITS = { depth: 12, breadth: 300, complexity: 20_000 } as const;

/** The most entries that one page may have, and how many it has when the client does not say. */
export const PAGE_SIZE = { most: 100, default: 20 } as const;

/** The builder that every `*.graphql.ts` adds its types to. */
export const builder = new SchemaBuilder<{
  Context: Context;
  PrismaTypes: PrismaTypes;
  DefaultFieldNullability: false;
  AuthScopes: { signedIn: boolean; may: Action };
  Scalars: {
    ID: { Input: string; Output: string };
    DateTime: { Input: Date; Output: Date };
    Date: { Input: string; Output: Date | string };
    Fen: { Input: number; Output: number };
    Amount: { Input: bigint; Output: bigint };
    JSON: { Input: unknown; Output: unknown };
  };
}>({
  plugins: [
    ErrorsPlugin,
    ScopeAuthPlugin,
    RelayPlugin,
    PrismaPlugin,
    DataloaderPlugin,
    ComplexityPlugin,
    CURSOR_PLUGIN,
    IDEMPOTENCY_PLUGIN,
  ],
  defaultFieldNullability: false,
  errors: {
    defaultTypes: [
      InvalidInput,
      NotFound,
      NotSignedIn,
      NotAllowed,
      VersionConflict,
      TransitionRefused,
      IdempotencyKeyReused,
      PeriodClosed,
    ],
    directResult: true,
    // An id that is no id is an input error like any other; it tells nothing about what there is.
    unsafelyHandleInputErrors: true,
    defaultUnionOptions: {
      name: ({ fieldName }) => `${capitalised(fieldName)}Result`,
      description: 'The result, or an expected failure (结果或可预期的失败).',
    },
  },
  scopeAuth: {
    authScopes: (context) => ({
      signedIn: context.viewer.userId !== null || context.viewer.isSystem,
      may: (action) => mayAtAll(context.viewer, action),
    }),
    unauthorizedError: (_parent, context, _info, { failure }) => {
      try {
        for (const action of actionsOf(failure)) demandAtAll(context.viewer, action);
      } catch (error) {
        if (error instanceof ExpectedFailure) return error;
      }
      return new NotSignedIn();
    },
  },
  relay: {
    clientMutationId: 'omit',
    cursorType: 'String',
    nodesOnConnection: true,
    decodeGlobalID: readGlobalId,
    nodeQueryOptions: {
      description: 'Anything by its id; what you may not read looks as if it were not there (按编号查询).',
      resolve: async (_root, { id }, context, _info, resolveNode) =>
        (await mayFetchNode(id.typename, id.id, context)) ? resolveNode(id) : null,
    },
    nodesQueryOptions: false,
  },
  prisma: {
    client: (context) => context.database.prisma,
    dmmf: getDatamodel(),
    maxConnectionSize: PAGE_SIZE.most,
    defaultConnectionSize: PAGE_SIZE.default,
    onUnusedQuery: process.env.NODE_ENV === 'production' ? null : 'error',
  },
  complexity: {
    fieldComplexity: (args, _context, field) => {
      if (field.args.some((argument) => argument.name === 'first')) return { field: 1, multiplier: pageSize(args) };
      // The page itself was counted at its connection.
      const isPage = field.name === 'edges' || field.name === 'nodes';
      return { field: 1, multiplier: isListType(getNullableType(field.type)) && !isPage ? 10 : 1 };
    },
    limit: OPERATION_LIMITS,
  },
});

/** The actions that a refusal by `authScopes: { may: … }` was about. */
function actionsOf(failure: AuthFailure): Action[] {
  if ('failures' in failure) return failure.failures.flatMap(actionsOf);
  return 'parameter' in failure && failure.scope === 'may' ? [failure.parameter as Action] : [];
}

function readGlobalId(globalId: string): { typename: string; id: string } {
  const [, typename, id] = GLOBAL_ID.exec(Buffer.from(globalId, 'base64').toString('utf8')) ?? [];
  if (typename && id) return { typename, id };
  throw InvalidInput.at(['id'], 'global_id', '不是有效的编号', 'must be an id that this API gave');
}

const GLOBAL_ID = /^([A-Z][A-Za-z]*):([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

function pageSize(args: { first?: number | null; last?: number | null }): number {
  return Math.min(PAGE_SIZE.most, Math.max(1, args.first ?? args.last ?? PAGE_SIZE.default));
}

function capitalised(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
