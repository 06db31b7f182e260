import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { AriError, type AriSession } from '../../asterisk-ari-client/index.ts';

/** The event that says whose the application is; the filter must let it through. */
export const ownershipEvent = 'ChannelUserevent';
const answerWithinMs = 1000;

/**
 * Whether the events of the application come to this connection. Asterisk 22.10 leaves an outbound websocket open when
 * another program takes its application over, and does not give it back when that program goes: such a link looks well
 * and hears nothing. So an event is sent to the application, and it is ours when it arrives here.
 */
export async function ownsApplication(link: AriSession, app: string): Promise<boolean> {
  const name = `vigie-whose-${randomUUID()}`;
  const heard = Promise.withResolvers<boolean>();
  const stop = link.onEvent(ownershipEvent, ({ eventname }) => {
    if (eventname === name) heard.resolve(true);
  });
  try {
    await link.events.userEvent({ eventName: name, application: app });
    return await Promise.race([heard.promise, delay(answerWithinMs, false, { ref: false })]);
  } catch (error) {
    if (error instanceof AriError && error.status === 404) return false;
    throw error;
  } finally {
    stop();
  }
}
