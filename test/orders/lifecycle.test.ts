import { describe, expect, it } from 'vitest';
import { TransitionRefused } from '../../src/failures.ts';
import { NEED_TRANSITIONS } from '../../src/needs/lifecycle.ts';
import { LIVE_ORDER_STATES, ORDER_STATES, ORDER_TRANSITIONS, orderTransition } from '../../src/orders/lifecycle.ts';
import { DATABASE_KINDS, scratchDatabase } from '../database/scratch.ts';

describe('the life of an order', () => {
  it('ends where nothing leads on, and every state can be reached', () => {
    const left = new Set(ORDER_TRANSITIONS.map(({ from }) => from));
    const reached = new Set(['DISPATCHED', ...ORDER_TRANSITIONS.map(({ to }) => to)]);
    expect(
      Object.keys(ORDER_STATES)
        .filter((state) => !left.has(state as never))
        .sort(),
    ).toEqual(['CANCELLED', 'CONFIRMED', 'DECLINED', 'EXPIRED']);
    expect([...reached].sort()).toEqual(Object.keys(ORDER_STATES).sort());
    expect([...left].sort()).toEqual([...LIVE_ORDER_STATES].sort());
  });

  it('makes only those changes of the need that the life of a need has', () => {
    const stateOfNeed: Record<string, string> = {
      DISPATCHED: 'OFFERED',
      ACCEPTED: 'MATCHED',
      IN_SERVICE: 'MATCHED',
      FULFILLED: 'FULFILLED',
      DISPUTED: 'FULFILLED',
    };
    for (const { from, need } of ORDER_TRANSITIONS) {
      const before = stateOfNeed[from]!;
      for (const after of need === 'NEXT_CANDIDATE' ? ['UNMET'] : [need]) {
        const isKnown = NEED_TRANSITIONS.some((row) => row.from === before && row.to === after);
        expect(before === after || isKnown, `${before} to ${after}`).toBe(true);
      }
    }
  });

  it('refuses every other change, saying from where to where', () => {
    expect(() => orderTransition('CONFIRMED', 'CANCELLED')).toThrow(TransitionRefused);
    expect(() => orderTransition('DISPATCHED', 'FULFILLED')).toThrow('DISPATCHED and cannot become FULFILLED');
  });

  it.each(DATABASE_KINDS)('is the same table in the %s database', async (kind) => {
    const database = await scratchDatabase(kind);
    const kept = await database.prisma.orderTransition.findMany();
    const words = (rows: readonly { from: string; to: string }[]) =>
      rows.map(({ from, to }) => `${from} > ${to}`).sort();
    expect(words(kept.map((row) => ({ from: row.fromState, to: row.toState })))).toEqual(words(ORDER_TRANSITIONS));
    await database.close();
  });
});
