import type { EligibilityRule } from '../records.ts';

/** An eligibility rule as bits: bit b of word w stands for attribute 32·w + b of the vocabulary. */
export type EligibilityMask = {
  readonly allOf: Uint32Array;
  readonly anyOf: Uint32Array;
  readonly noneOf: Uint32Array;
  readonly hasAnyOf: boolean;
  readonly minimumAge: number;
  readonly maximumAge: number;
  /** Whether an age must be known: the rule has a least or greatest age. */
  readonly asksAge: boolean;
  /** The rule in words, for explanations. */
  readonly rule: EligibilityRule;
};

/** Numbers for attribute names, in order of first appearance. */
export class AttributeVocabulary {
  readonly #numbers = new Map<string, number>();

  /** Bits of these names; a name that is new is added. */
  learn(names: readonly string[]): Uint32Array {
    for (const name of names) if (!this.#numbers.has(name)) this.#numbers.set(name, this.#numbers.size);
    return this.bitsOf(names);
  }

  /** Bits of the names that are known; no rule asks for the others. */
  bitsOf(names: readonly string[]): Uint32Array {
    const words = new Uint32Array((this.#numbers.size + 31) >>> 5);
    for (const name of names) {
      const number = this.#numbers.get(name);
      if (number !== undefined) words[number >>> 5]! |= 1 << (number & 31);
    }
    return words;
  }
}

/** The rule as bits over the vocabulary, which learns its names. */
export function readEligibility(rule: EligibilityRule, vocabulary: AttributeVocabulary): EligibilityMask {
  return {
    allOf: vocabulary.learn(rule.allOf),
    anyOf: vocabulary.learn(rule.anyOf),
    noneOf: vocabulary.learn(rule.noneOf),
    hasAnyOf: rule.anyOf.length > 0,
    minimumAge: rule.minimumAge ?? Number.NEGATIVE_INFINITY,
    maximumAge: rule.maximumAge ?? Number.POSITIVE_INFINITY,
    asksAge: rule.minimumAge !== null || rule.maximumAge !== null,
    rule,
  };
}

/** The words that tell one rule from another, for `Dictionary.take`. */
export function eligibilityKey(rule: EligibilityRule): string {
  return JSON.stringify([rule.allOf, rule.anyOf, rule.noneOf, rule.minimumAge, rule.maximumAge]);
}

/** Whether a resident with these attribute bits and age is served. A rule about age is not met by an unknown age. */
export function isEligible(mask: EligibilityMask, attributes: Uint32Array, age: number | null): boolean {
  if (mask.asksAge && (age === null || age < mask.minimumAge || age > mask.maximumAge)) return false;
  for (let word = 0; word < mask.allOf.length; word += 1) {
    if ((mask.allOf[word]! & ~(attributes[word] ?? 0)) !== 0) return false;
  }
  for (let word = 0; word < mask.noneOf.length; word += 1) {
    if ((mask.noneOf[word]! & (attributes[word] ?? 0)) !== 0) return false;
  }
  if (!mask.hasAnyOf) return true;
  for (let word = 0; word < mask.anyOf.length; word += 1) {
    if ((mask.anyOf[word]! & (attributes[word] ?? 0)) !== 0) return true;
  }
  return false;
}
