import { ExpectedFailure } from '../failures.ts';

/** The file as a whole cannot come in: nothing was written. */
export class UnreadableFile extends ExpectedFailure {
  readonly code = 'UNREADABLE_FILE';
  /** A stable name of what is wrong, e.g. `empty`, `spreadsheet`, `missing_column`. */
  readonly rule: string;

  constructor(rule: string, zh: string, en: string) {
    super({ zh, en });
    this.rule = rule;
  }
}
