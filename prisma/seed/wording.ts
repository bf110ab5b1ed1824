import type { Random } from './random.ts';

/**
 * One wording of a phrase. `{a|b|c}` stands for one of its alternatives, which may hold further ones; `[name]` for the
 * fact of that name. Throws when a fact is not there, so that a slip in a phrase cannot reach the files.
 */
export function wording(phrase: string, random: Random, facts: Readonly<Record<string, string>> = {}): string {
  let text = phrase;
  for (let brace = /\{([^{}]*)\}/.exec(text); brace !== null; brace = /\{([^{}]*)\}/.exec(text)) {
    const choice = random.pick(brace[1]!.split('|'));
    text = text.slice(0, brace.index) + choice + text.slice(brace.index + brace[0].length);
  }
  return text.replace(/\[([^\]]+)\]/g, (_, name: string) => {
    const fact = facts[name];
    if (fact === undefined) throw new Error(`The phrase "${phrase}" asks for [${name}], which is not known here.`);
    return fact;
  });
}
