import { type AriClient, AriError } from '../../asterisk-ari-client/index.ts';
import { ownIdPrefix } from '../../ports/telephony.ts';

/** Reads one dialplan function on the helper channel, `QUEUE_EXISTS(sales)`; '' when Asterisk refuses to read it. */
export type ReadFunction = (expression: string) => Promise<string>;

/**
 * What the helper channel is made of, best first. An announcer is internal to Asterisk: it appears in no event, no
 * channel list of ARI, no CDR and no CEL, and needs no dialplan. Where it is not loaded, an RTP channel that goes
 * nowhere and is kept out of the CDR.
 */
const endpoints = ['Announcer/vigie', 'UnicastRTP/127.0.0.1:9'] as const;
const deadline = { timeoutMs: 3000 };

/** The helper's id: fixed for an application, so that one left by a crash is found again. */
export const helperId = (app: string): string => `${ownIdPrefix}helper-${app}`;
export const isHelperId = (id: string): boolean => id.startsWith(helperId(''));

/**
 * Dialplan functions are evaluated on a channel. Makes one for the length of `work`, in the connected application
 * `app`; it is gone afterwards whatever happens. Throws the client's AriError.
 */
export async function withHelperChannel<T>(
  client: AriClient,
  app: string,
  work: (read: ReadFunction) => Promise<T>,
): Promise<T> {
  const channelId = helperId(app);
  await createHelper(client, app, channelId);
  try {
    return await work(async (variable) => {
      try {
        return (await client.channels.getChannelVar({ channelId, variable }, deadline)).value;
      } catch (error) {
        if (error instanceof AriError && error.status === 500) return '';
        throw error;
      }
    });
  } finally {
    await removeHelper(client, channelId);
  }
}

async function createHelper(client: AriClient, app: string, channelId: string): Promise<void> {
  let refusal: unknown;
  for (const endpoint of endpoints) {
    try {
      await createOrReplace(client, { endpoint, app, channelId, formats: 'ulaw' });
      return;
    } catch (error) {
      if (!(error instanceof AriError) || error.code !== 'ari-http') throw error;
      refusal = error;
    }
  }
  throw refusal;
}

interface Helper {
  endpoint: string;
  app: string;
  channelId: string;
  formats: string;
}

async function createOrReplace(client: AriClient, helper: Helper): Promise<void> {
  const params = {
    ...helper,
    otherChannelId: `${helper.channelId}-2`,
    variables: { 'CDR_PROP(disable)': '1' },
  };
  try {
    await client.channels.create(params, deadline);
  } catch (error) {
    if (!(error instanceof AriError) || error.status !== 409) throw error;
    await removeHelper(client, helper.channelId);
    await client.channels.create(params, deadline);
  }
}

/** A helper that cannot be removed now is removed by the next one made. */
async function removeHelper(client: AriClient, channelId: string): Promise<void> {
  await client.channels.hangup({ channelId }, deadline).catch(() => {});
}
