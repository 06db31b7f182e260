/** How often a living porter says so; without a word for so many times it is killed. */
export const beatEveryMs = 250;
export const beatsMissedMax = 6;

/** What comes with a connection: where to carry it, and what of it was read already (latin1). */
export interface Errand {
  readerPath: string;
  opening: string;
}
