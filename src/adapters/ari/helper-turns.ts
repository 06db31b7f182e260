import type { AriSession, Channel } from '../../asterisk-ari-client/index.ts';
import { type ReadFunction, withHelperChannel } from './helper-channel.ts';

/** One helper channel at a time: its id is fixed, and a second one would take the first one's place. */
export type HelperTurns = <T>(
  client: AriSession,
  work: (read: ReadFunction, helper: Channel) => Promise<T>,
) => Promise<T>;

export function createHelperTurns(app: string): HelperTurns {
  let last: Promise<unknown> = Promise.resolve();
  return (client, work) => {
    const turn = last.then(() => withHelperChannel(client, app, work));
    last = turn.catch(() => {});
    return turn;
  };
}
