import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { TransitionRefused } from '../../src/failures.ts';
import { NeedState } from '../../src/generated/prisma/enums.ts';
import {
  assertNeedTransition,
  FIRST_NEED_STATE,
  mayNeedBecome,
  NEED_STATES,
  NEED_TRANSITIONS,
  nextNeedStates,
  previousNeedStates,
} from '../../src/needs/lifecycle.ts';

const GUARDS = new URL('../../prisma/migrations/20261124000100_guards/migration.sql', import.meta.url);

describe('the life of a need', () => {
  test('is the same table in the code and in the database', () => {
    const statement = /INSERT INTO need_transitions[^;]+;/.exec(readFileSync(GUARDS, 'utf8'))![0];
    const inDatabase = [...statement.matchAll(/\('([A-Z]+)', '([A-Z]+)'\)/g)].map(([, from, to]) => `${from} ${to}`);
    const inCode = NEED_TRANSITIONS.map(({ from, to }) => `${from} ${to}`);
    expect(inCode.toSorted()).toEqual(inDatabase.toSorted());
    expect(new Set(inCode).size).toBe(16);
  });

  test('goes from registered over dispatched, accepted and served to confirmed', () => {
    const path = ['OPEN', 'OFFERED', 'MATCHED', 'FULFILLED', 'CLOSED'] as const;
    for (const [step, to] of path.slice(1).entries()) expect(mayNeedBecome(path[step]!, to)).toBe(true);
  });

  test('ends with CLOSED and WITHDRAWN and nowhere else', () => {
    const ends = Object.values(NeedState).filter((state) => nextNeedStates(state).length === 0);
    expect(ends.toSorted()).toEqual(['CLOSED', 'WITHDRAWN']);
  });

  test('reaches every state from its first one', () => {
    const reached = new Set<NeedState>([FIRST_NEED_STATE]);
    for (const state of reached) for (const next of nextNeedStates(state)) reached.add(next);
    expect([...reached].toSorted()).toEqual(Object.keys(NEED_STATES).toSorted());
  });

  test('allows no need to be withdrawn once it has been served', () => {
    expect(previousNeedStates('WITHDRAWN').toSorted()).toEqual(['MATCHED', 'OFFERED', 'OPEN', 'UNMET']);
    expect(() => assertNeedTransition('FULFILLED', 'WITHDRAWN')).toThrow(TransitionRefused);
  });

  test('refuses a change with the two states in both languages', () => {
    expect(() => assertNeedTransition('OPEN', 'MATCHED')).toThrow(
      expect.objectContaining({
        code: 'TRANSITION_REFUSED',
        text: { zh: '该需求处于OPEN状态，不能变为MATCHED', en: 'This need is OPEN and cannot become MATCHED' },
      }),
    );
    expect(() => assertNeedTransition('OPEN', 'OPEN')).toThrow(TransitionRefused);
    expect(() => assertNeedTransition('UNMET', 'OPEN')).not.toThrow();
  });
});
