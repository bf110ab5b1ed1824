/** The calendar date of an instant in local time, YYYY-MM-DD. */
export function localDate(instant: Date, utcOffsetMinutes: number): string {
  return new Date(instant.getTime() + utcOffsetMinutes * 60_000).toISOString().slice(0, 10);
}

/** Age in whole years on the local day of an instant; 0 for someone born after it. Born on 29 February: a year older on 1 March. */
export function ageOn(birthDate: string, instant: Date, utcOffsetMinutes: number): number {
  const today = localDate(instant, utcOffsetMinutes);
  const years = Number(today.slice(0, 4)) - Number(birthDate.slice(0, 4));
  return Math.max(0, today.slice(5) < birthDate.slice(5) ? years - 1 : years);
}
