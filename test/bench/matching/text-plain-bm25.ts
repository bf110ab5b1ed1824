/**
 * Plain BM25 (Robertson and Zaragoza 2009, k1 1.2, b 0.75) over character unigrams and bigrams: the peer that text
 * relevance is measured against. Gives the score of every text for a query.
 */
export function plainBm25(texts: readonly string[]): (query: string) => Float64Array {
  const postings = new Map<string, { text: number; count: number }[]>();
  const lengths = texts.map((text, number) => {
    const grams = gramsOf(text);
    const counts = new Map<string, number>();
    for (const gram of grams) counts.set(gram, (counts.get(gram) ?? 0) + 1);
    for (const [gram, count] of counts) {
      const list = postings.get(gram);
      if (list) list.push({ text: number, count });
      else postings.set(gram, [{ text: number, count }]);
    }
    return grams.length;
  });
  const average = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
  return (query) => {
    const scores = new Float64Array(texts.length);
    for (const gram of new Set(gramsOf(query))) {
      const list = postings.get(gram) ?? [];
      const rarity = Math.log(1 + (texts.length - list.length + 0.5) / (list.length + 0.5));
      for (const { text, count } of list) {
        scores[text]! += (rarity * count * 2.2) / (count + 1.2 * (0.25 + (0.75 * lengths[text]!) / average));
      }
    }
    return scores;
  };
}

function gramsOf(text: string): string[] {
  const characters = Array.from(text.toLowerCase());
  return characters.flatMap((character, i) =>
    i + 1 < characters.length ? [character, character + characters[i + 1]!] : [character],
  );
}
