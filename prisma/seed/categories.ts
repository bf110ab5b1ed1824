import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';

/** A category of categories.csv, which is written by hand. */
export type ExampleCategory = {
  readonly code: string;
  readonly unit: string;
  readonly completeWithinHours: number;
  readonly name: string;
  /** Its name and synonyms. */
  readonly words: readonly string[];
};

/** The taxonomy by code. */
export function readCategories(): ReadonlyMap<string, ExampleCategory> {
  const text = readFileSync(join(import.meta.dirname, 'categories.csv'), 'utf8');
  const rows: Readonly<Record<string, string>>[] = parse(text, { columns: true });
  return new Map(
    rows.map((row) => [
      row.code!,
      {
        code: row.code!,
        name: row.name!,
        unit: row.unit!,
        completeWithinHours: Number(row.complete_within_hours),
        words: [row.name!, ...row.synonyms!.split(';')],
      },
    ]),
  );
}

/** How plainly a text names a category, by the words of the taxonomy. */
export type Naming = {
  /** How many of the category's words stand in the text, and the most that any other category has there. */
  readonly own: number;
  readonly rival: number;
};

export function namingOf(text: string, code: string, categories: ReadonlyMap<string, ExampleCategory>): Naming {
  const namedBy = (category: ExampleCategory) => category.words.filter((word) => text.includes(word)).length;
  const { words } = categories.get(code)!;
  const others = [...categories.values()].filter((category) => !`${code}.`.startsWith(`${category.code}.`));
  return {
    own: words.filter((word) => text.includes(word)).length,
    rival: Math.max(...others.map(namedBy)),
  };
}
