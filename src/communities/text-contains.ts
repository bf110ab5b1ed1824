/** A filter for text that contains the words given as they stand, in whatever case: `%` and `_` are no wildcards. */
export function textContains(words: string): { readonly contains: string; readonly mode: 'insensitive' } {
  return { contains: words.replace(/[\\%_]/g, '\\$&'), mode: 'insensitive' };
}
