const STOP_WORDS = new Set(
  (
    'a an the of for to in on at by with and or my our your his her their its i we you he she they it me us him them this that ' +
    'these those is are was were be been am do does did have has had can could would should will may might must not no ' +
    'need needs want wants please help some any someone anyone there here who what where when how which from as so if ' +
    'but very too just get got like looking look dont cant im'
  ).split(' '),
);

/** Whether an English word says nothing about what is asked for. */
export function isStopWord(word: string): boolean {
  return STOP_WORDS.has(word);
}

const VOWEL = /[aeiouy]/;

/**
 * A light English stem: plural, -ing, -ed, -er and -ly endings go, so that `plumbers`, `plumbing` and `plumber` meet.
 * It never leaves fewer than three letters. Words with digits or letters beyond a–z come back unchanged.
 */
export function stem(word: string): string {
  if (word.length < 4 || !/^[a-z]+$/.test(word)) return word;
  let root = word;
  if (root.endsWith('ies') && root.length > 4) root = `${root.slice(0, -3)}y`;
  else if (/(ss|x|ch|sh)es$/.test(root)) root = root.slice(0, -2);
  else if (root.endsWith('s') && !/(ss|us|is)$/.test(root)) root = root.slice(0, -1);
  root = withoutEnding(root, 'ly');
  root = withoutEnding(root, 'ing');
  root = withoutEnding(root, 'ed');
  root = withoutEnding(root, 'er');
  return root.length > 3 && root.endsWith('e') ? root.slice(0, -1) : root;
}

function withoutEnding(word: string, ending: string): string {
  if (!word.endsWith(ending)) return word;
  const root = word.slice(0, -ending.length);
  if (root.length < 3 || !VOWEL.test(root)) return word;
  const last = root.at(-1)!;
  const doubled = last === root.at(-2) && !'lsz'.includes(last);
  return doubled ? root.slice(0, -1) : root;
}
