import type { FactBody } from '../../ports/telephony-facts.ts';
import { type CelLine, parseCelLine } from './cel-line.ts';

/** Legs that have hung up and whose end has not come yet. */
const hangupsWaitingMax = 10_000;

/**
 * Makes facts of the journal's lines: how each leg ended. A leg's HANGUP says why, its CHAN_END a moment later when.
 * `bad` counts lines that could not be read.
 */
export function createCelFacts() {
  const hangups = new Map<string, CelLine['hangup']>();
  let bad = 0;
  return {
    get bad() {
      return bad;
    },
    take(line: string): { body: FactBody; atMs: number } | null {
      const read = parseCelLine(line);
      if (!read) {
        bad += 1;
        return null;
      }
      const { event, uniqueId, channel, atMs } = read;
      if (event === 'HANGUP') {
        if (hangups.size >= hangupsWaitingMax) hangups.delete(hangups.keys().next().value!);
        hangups.set(uniqueId, read.hangup);
      }
      if (event !== 'CHAN_END') return null;
      const hangup = hangups.get(uniqueId) ?? null;
      hangups.delete(uniqueId);
      const body: FactBody = {
        kind: 'leg-ended',
        uniqueId,
        channel,
        cause: hangup?.cause ?? 0,
        causeText: '',
        sipCode: null,
        hangupSource: hangup?.source ?? '',
        hangupSourceKnown: hangup !== null,
      };
      return { body, atMs };
    },
  };
}
