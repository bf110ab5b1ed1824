/**
 * Bad input to the matching core. It is thrown before any work is done and before anything is changed.
 * The message reads `field[position] rule`, e.g. `offset[3] must not be less than offset[2]`.
 */
export class MatchingInputError extends Error {
  /** The array or the field at fault, e.g. `offset`, `services.priceFen`. */
  readonly field: string;
  /** Index in that array, or of the record in its list; `null` where there is no position to name. */
  readonly position: number | null;
  /** The rule that was broken, as the rest of a sentence: `must be a whole number of at least 1`. */
  readonly rule: string;

  constructor(field: string, position: number | null, rule: string) {
    super(`${field}${position === null ? '' : `[${position}]`} ${rule}`);
    this.name = 'MatchingInputError';
    this.field = field;
    this.position = position;
    this.rule = rule;
  }

  /** The same as `field`, under the name that reads better where the input is an array. */
  get array(): string {
    return this.field;
  }
}
