const wordLengthMax = 64;
const ligatures: Record<string, string> = { œ: 'oe', æ: 'ae', ß: 'ss' };

/** The words of a text as they are searched: lower case, without accents, each once. */
export function wordsOf(text: string): string[] {
  const plain = text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[œæß]/g, (letter) => ligatures[letter] ?? letter);
  const words = plain.match(/[\p{L}\p{N}]+/gu) ?? [];
  return [...new Set(words.map((word) => [...word].slice(0, wordLengthMax).join('')))];
}

/** A `tsquery` for texts that hold a word beginning with each of these; null when nothing is asked for. */
export function queryOf(text: string): string | null {
  const words = wordsOf(text);
  // Letters and digits only: nothing in them has a meaning of its own.
  return words.length === 0 ? null : words.map((word) => `'${word}':*`).join(' & ');
}
