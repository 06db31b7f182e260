import { AriError, type AriSession, type Channel } from '../../asterisk-ari-client/index.ts';
import { ownIdPrefix } from '../../ports/telephony.ts';

/** Reads one dialplan function on the helper channel, `QUEUE_EXISTS(sales)`; '' when Asterisk refuses to read it. */
export type ReadFunction = (expression: string) => Promise<string>;

/**
 * What the helper channel is made of, best first. An announcer is internal to Asterisk: it appears in no event, no
 * channel list of ARI, no CDR and no CEL, and needs no dialplan. Where it is not loaded, an RTP channel that goes
 * nowhere and is kept out of the CDR.
 */
const endpoints: readonly Endpoint[] = [
  { endpoint: 'Announcer/vigie' },
  { endpoint: 'UnicastRTP/127.0.0.1:9', formats: 'ulaw', variables: { 'CDR_PROP(disable)': '1' } },
];
interface Endpoint {
  endpoint: string;
  formats?: string;
  variables?: Record<string, string>;
}
const deadline = { timeoutMs: 3000 };

/** The helper's id: fixed for an application, so that one left by a crash is found again. */
export const helperId = (app: string): string => `${ownIdPrefix}helper-${app}`;
export const isHelperId = (id: string): boolean => id.startsWith(helperId(''));

/**
 * Dialplan functions are evaluated on a channel. Makes one for the length of `work`, in the connected application
 * `app`; it is gone afterwards whatever happens. Throws the client's AriError.
 */
export async function withHelperChannel<T>(
  client: AriSession,
  app: string,
  work: (read: ReadFunction, helper: Channel) => Promise<T>,
): Promise<T> {
  const channelId = helperId(app);
  const helper = await createHelper(client, app, channelId);
  const read: ReadFunction = async (variable) => {
    try {
      return (await client.channels.getChannelVar({ channelId, variable }, deadline)).value;
    } catch (error) {
      if (error instanceof AriError && error.status === 500) return '';
      throw error;
    }
  };
  try {
    return await work(read, helper);
  } finally {
    await removeHelper(client, channelId);
  }
}

async function createHelper(client: AriSession, app: string, channelId: string): Promise<Channel> {
  let refusal: unknown;
  for (const endpoint of endpoints) {
    try {
      return await createOrReplace(client, { ...endpoint, app, channelId });
    } catch (error) {
      if (!(error instanceof AriError) || error.code !== 'ari-http') throw error;
      refusal = error;
    }
  }
  throw refusal;
}

interface Helper extends Endpoint {
  app: string;
  channelId: string;
}

async function createOrReplace(client: AriSession, helper: Helper): Promise<Channel> {
  const params = { ...helper, otherChannelId: `${helper.channelId}-2` };
  try {
    return await client.channels.create(params, deadline);
  } catch (error) {
    if (!(error instanceof AriError) || error.status !== 409) throw error;
    await removeHelper(client, helper.channelId);
    return await client.channels.create(params, deadline);
  }
}

/** A helper that cannot be removed now is removed by the next one made. */
async function removeHelper(client: AriSession, channelId: string): Promise<void> {
  await client.channels.hangup({ channelId }, deadline).catch(() => {});
}
