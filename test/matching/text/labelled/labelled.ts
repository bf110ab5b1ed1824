import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CategoryRecord } from '../../../../src/matching/records.ts';
import { TextIndex } from '../../../../src/matching/text/text-index.ts';

/** Formula and lexicon are tuned on the tuning half; the held-out half is only measured. */
export const HALVES = ['tuning', 'heldout'] as const;
export type Half = (typeof HALVES)[number];

export type LabelledService = {
  readonly id: string;
  readonly category: string;
  readonly title: string;
  readonly keywords: readonly string[];
  readonly description: string;
};

/** A need in residents' words and the category that a clerk would file it under. */
export type CategoryQuery = { readonly text: string; readonly category: string };

/** A query and the services that answer it: 2 what was asked for, 1 near to it. */
export type RankingQuery = { readonly text: string; readonly grades: ReadonlyMap<string, number> };

/** The taxonomy of the example area. */
export function exampleCategories(): CategoryRecord[] {
  const file = join(import.meta.dirname, '../../../../prisma/seed/categories.csv');
  const [header, ...rows] = readFileSync(file, 'utf8').trim().split('\n');
  const column = (row: string, name: string): string => row.split(',')[header!.split(',').indexOf(name)]!;
  return rows.map((row) => ({
    code: column(row, 'code'),
    parent: column(row, 'parent_code') || null,
    names: [column(row, 'name'), column(row, 'name_en'), ...column(row, 'synonyms').split(';')],
  }));
}

export function labelledServices(): LabelledService[] {
  return tableOf('services.tsv')
    .slice(1)
    .map(([id, category, title, keywords, description]) => ({
      id: id!,
      category: category!,
      title: title!,
      keywords: keywords!.split(';'),
      description: description!,
    }));
}

export function categoryQueries(half: Half): CategoryQuery[] {
  return tableOf(`categories-${half}.tsv`).map(([category, text]) => ({ text: text!, category: category! }));
}

export function rankingQueries(half: Half): RankingQuery[] {
  return tableOf(`ranking-${half}.tsv`).map(([text, relevant]) => ({
    text: text!,
    grades: new Map(
      relevant!.split(' ').map((label) => {
        const [id, grade] = label.split(':');
        return [id!, Number(grade)];
      }),
    ),
  }));
}

/** The labelled services in an index, row i the i-th of them, with the names of their categories. */
export function indexOfLabelled(services: readonly LabelledService[]): TextIndex {
  const names = new Map(exampleCategories().map((category) => [category.code, category.names]));
  const index = new TextIndex();
  services.forEach(({ category, ...fields }, row) => {
    index.set(row, { ...fields, categoryNames: names.get(category)! });
  });
  return index;
}

function tableOf(name: string): string[][] {
  return readFileSync(join(import.meta.dirname, name), 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split('\t'));
}
