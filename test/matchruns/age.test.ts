import { describe, expect, it } from 'vitest';
import { localDateOf } from '../../src/imports/local-time.ts';
import { ageOn } from '../../src/matchruns/age.ts';

const KAILI = 480;

describe('the local day', () => {
  it('begins at 16:00 UTC in China', () => {
    expect(localDateOf(new Date('2026-11-24T15:59:59.999Z'), KAILI)).toBe('2026-11-24');
    expect(localDateOf(new Date('2026-11-24T16:00:00Z'), KAILI)).toBe('2026-11-25');
  });

  it('makes a person a year older on the birthday', () => {
    expect(ageOn('1950-03-08', new Date('2026-03-07T15:00:00Z'), KAILI)).toBe(75);
    expect(ageOn('1950-03-08', new Date('2026-03-07T17:00:00Z'), KAILI)).toBe(76);
  });

  it('makes a person born on 29 February older on 1 March of a common year', () => {
    expect(ageOn('2000-02-29', new Date('2026-02-28T04:00:00Z'), KAILI)).toBe(25);
    expect(ageOn('2000-02-29', new Date('2026-03-01T04:00:00Z'), KAILI)).toBe(26);
  });

  it('counts nobody as younger than 0', () => {
    expect(ageOn('2027-01-01', new Date('2026-11-24T04:00:00Z'), KAILI)).toBe(0);
  });
});
