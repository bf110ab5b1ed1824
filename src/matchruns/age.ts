import { localDateOf } from '../imports/local-time.ts';

/** Age in whole years on the local day of an instant; 0 for someone born after it. Born on 29 February: a year older on 1 March. */
export function ageOn(birthDate: string, instant: Date, utcOffsetMinutes: number): number {
  const today = localDateOf(instant, utcOffsetMinutes);
  const years = Number(today.slice(0, 4)) - Number(birthDate.slice(0, 4));
  return Math.max(0, today.slice(5) < birthDate.slice(5) ? years - 1 : years);
}
