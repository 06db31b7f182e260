/** One line of `vigie doctor`. */
export interface Finding {
  /** What was looked at, two or three words. */
  topic: string;
  /**
   * `fine`; `missing` something that is needed; `wrong`; `optional` something that would add more and is not there;
   * `unseen` what cannot be seen from here.
   */
  verdict: 'fine' | 'missing' | 'wrong' | 'optional' | 'unseen';
  text: string;
  /** The exact lines to add, and where. */
  fix?: Fix;
}
export interface Fix {
  /** `ari.conf`, and what to do with it. */
  where: string;
  lines: readonly string[];
}

export const fine = (topic: string, text: string): Finding => ({ topic, verdict: 'fine', text });
