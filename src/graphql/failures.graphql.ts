import { encodeGlobalID } from '@pothos/plugin-relay';
import {
  type ExpectedFailure,
  InvalidInput,
  NotAllowed,
  NotFound,
  NotSignedIn,
  TransitionRefused,
  VersionConflict,
} from '../failures.ts';
import { IdempotencyKeyReused } from '../idempotency/index.ts';
import { builder } from './builder.ts';
import { mayFetchNode } from './node-access.ts';

/** What all expected failures have in common; each mutation answers with its result or one of them. */
export const Failure = builder.interfaceRef<ExpectedFailure>('Failure').implement({
  description: 'An expected failure (可预期的失败): nothing was written.',
  fields: (t) => ({
    code: t.exposeString('code', { description: 'A stable code for programs (错误码).' }),
    message: t.string({
      description: 'What went wrong, in the language of Accept-Language (提示).',
      resolve: (failure, _args, context) => failure.text[context.locale],
    }),
    path: t.stringList({
      description: 'Path of the field at fault; empty where no field is (字段路径).',
      resolve: (failure) => failure.fieldPath.map(String),
    }),
  }),
});

const InputIssue = builder.objectRef<InvalidInput['issues'][number]>('InputIssue').implement({
  description: 'One broken rule of an input (一处输入问题).',
  fields: (t) => ({
    path: t.stringList({
      description: 'Path of the field at fault (字段路径).',
      resolve: (issue) => issue.path.map(String),
    }),
    rule: t.exposeString('rule', { description: 'The rule that is broken (规则).' }),
    message: t.string({
      description: 'The rule in words (提示).',
      resolve: (issue, _args, context) => issue.text[context.locale],
    }),
  }),
});

builder.objectType(InvalidInput, {
  name: 'InvalidInput',
  description: 'The input breaks one or more rules (输入不合规则).',
  interfaces: [Failure],
  fields: (t) => ({
    issues: t.field({
      type: [InputIssue],
      description: 'Every broken rule (各处问题).',
      resolve: (failure) => [...failure.issues],
    }),
  }),
});

builder.objectType(NotFound, {
  name: 'NotFound',
  description: 'There is no such thing, or it is not yours; the two look the same (未找到).',
  interfaces: [Failure],
});

builder.objectType(NotSignedIn, {
  name: 'NotSignedIn',
  description: 'The action asks for a Bearer token (未登录).',
  interfaces: [Failure],
});

builder.objectType(NotAllowed, {
  name: 'NotAllowed',
  description: 'You may see it but not do this with it (无权操作).',
  interfaces: [Failure],
});

builder.objectType(VersionConflict, {
  name: 'VersionConflict',
  description: 'Someone changed it since you read it (版本冲突).',
  interfaces: [Failure],
  fields: (t) => ({
    currentVersion: t.exposeInt('currentVersion', { description: 'The version that it has now (当前版本).' }),
    currentState: t.exposeString('currentState', { description: 'The state that it is in now (当前状态).' }),
    current: t.node({
      description: 'It as it stands; null when you may not see it any more (当前内容).',
      id: async ({ current }, _args, context) =>
        (await mayFetchNode(current.typename, current.id, context))
          ? encodeGlobalID(current.typename, current.id)
          : null,
    }),
  }),
});

builder.objectType(IdempotencyKeyReused, {
  name: 'IdempotencyKeyReused',
  description: 'The idempotency key was used for another operation or another input (幂等键已用于其他内容).',
  interfaces: [Failure],
});

builder.objectType(TransitionRefused, {
  name: 'TransitionRefused',
  description: 'The lifecycle has no such change (状态不允许).',
  interfaces: [Failure],
  fields: (t) => ({
    from: t.exposeString('from', { description: 'The present state (当前状态).' }),
    to: t.exposeString('to', { description: 'The state asked for (目标状态).' }),
  }),
});
