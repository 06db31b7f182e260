import type { AriSession } from '../../asterisk-ari-client/index.ts';
import {
  type CommandOutcome,
  ownIdPrefix,
  type SendOn,
  type TelephonyCommands,
} from '../../ports/telephony.ts';

/** Moves channels, by unique id, to extensions of a context: all or those that are still there. Undefined: cannot now. */
export type Redirect = (request: {
  context: string;
  first: { uniqueId: string; exten: string };
  second: { uniqueId: string; exten: string } | null;
}) => Promise<CommandOutcome> | undefined;

type Taking = Pick<TelephonyCommands, 'canTake' | 'take' | 'addListener' | 'stopHold' | 'sendOn'>;

/** The contexts of `dialplan/extensions_vigie.conf`. */
const takenContext = 'vigie-taken';
const handOverContext = 'vigie-hand-over';
const helperEndpoint = 'Local/redirect@vigie-intercept/n';
const deadlineMs = 5_000;

/**
 * Moving legs of calls that are not ours. By AMI when it is connected, both legs at once; otherwise by a Local channel
 * whose dialplan moves them one after the other.
 */
export function createTakingCommands({
  ari,
  app,
  redirect,
  outcome,
}: {
  ari: Pick<AriSession, 'channels' | 'bridges'>;
  app: string;
  redirect: Redirect | undefined;
  outcome(work: Promise<unknown>): Promise<CommandOutcome>;
}): Taking {
  const limits = { timeoutMs: deadlineMs };
  const setVariable = (channelId: string, variable: string, value: string) =>
    outcome(ari.channels.setChannelVar({ channelId, variable, value }, limits));
  const extenOf = (role: 'c' | 'a', id: string) => `${role}${app}-${id}`;

  async function byDialplan({ first, second }: Parameters<Redirect>[0]): Promise<CommandOutcome> {
    return outcome(
      ari.channels.originate(
        {
          channelId: `${ownIdPrefix}redirect-${first.exten.slice(-36)}`,
          otherChannelId: `${ownIdPrefix}redirect-${first.exten.slice(-36)};2`,
          endpoint: helperEndpoint,
          app,
          timeout: 5,
          variables: {
            'CDR_PROP(disable)': '1',
            __VIGIE_FIRST: first.uniqueId,
            __VIGIE_FIRST_TO: first.exten,
            __VIGIE_SECOND: second?.uniqueId ?? '',
            __VIGIE_SECOND_TO: second?.exten ?? '',
          },
        },
        limits,
      ),
    );
  }

  return {
    async canTake(channelId) {
      const variable = `DIALPLAN_EXISTS(${takenContext},${extenOf('c', 'x'.repeat(36))},1)`;
      try {
        const { value } = await ari.channels.getChannelVar({ channelId, variable }, limits);
        return value === '1';
      } catch {
        // The leg is gone, or func_dialplan is not loaded: what follows will tell.
        return null;
      }
    },
    async take({ id, customerUniqueId, listenerUniqueId }) {
      const ids = [customerUniqueId, ...(listenerUniqueId === null ? [] : [listenerUniqueId])];
      if (!ids.every(isPlainId)) return { ok: false, why: 'refused', detail: 'not a plain unique id' };
      const request = {
        context: takenContext,
        first: { uniqueId: customerUniqueId, exten: extenOf('c', id) },
        second: listenerUniqueId === null ? null : { uniqueId: listenerUniqueId, exten: extenOf('a', id) },
      };
      return (await redirect?.(request)) ?? byDialplan(request);
    },
    addListener: async (bridgeId, legId) => {
      const muted = await outcome(ari.channels.mute({ channelId: legId, direction: 'in' }, limits));
      if (!muted.ok) return muted;
      return outcome(
        ari.bridges.addChannel(
          { bridgeId, channel: [legId], mute: true, inhibitConnectedLineUpdates: true },
          limits,
        ),
      );
    },
    stopHold: (channelId) => outcome(ari.channels.unhold({ channelId }, limits)),
    async sendOn(request) {
      const { legId } = request;
      const target = targetOf(request);
      if (!target) return { ok: false, why: 'refused', detail: 'not a device or queue that can be dialled' };
      const variables = {
        ...target.variables,
        VIGIE_RETURN: request.otherwise === 'back' ? extenOf('c', request.id) : '',
        VIGIE_TRIES: '0',
      };
      for (const [name, value] of Object.entries(variables)) {
        const set = await setVariable(legId, name, value);
        if (!set.ok) return set;
      }
      const place = { context: handOverContext, extension: target.extension, priority: 1 };
      return outcome(ari.channels.continueInDialplan({ channelId: legId, ...place }, limits));
    },
  };
}

/** Digits, dots, dashes, and letters of a system name: nothing that an application's arguments could be broken with. */
const isPlainId = (uniqueId: string): boolean => /^[A-Za-z0-9_.:;-]{1,150}$/.test(uniqueId);
/** Nothing that ends an argument or adds another target. */
const isPlainDevice = (device: string): boolean =>
  /^[A-Za-z0-9]{2,16}\/[^\s&,|()${}[\]"\\;]{1,150}$/.test(device);
const isPlainQueue = (queue: string): boolean => /^[^\s,|()${}[\]"\\;]{1,128}$/.test(queue);

function targetOf({ to, otherwise, ringSeconds }: SendOn) {
  const back = otherwise === 'back' ? '' : otherwise.queue;
  if (back !== '' && !isPlainQueue(back)) return null;
  if ('queue' in to) {
    return isPlainQueue(to.queue)
      ? { extension: 'queue', variables: { VIGIE_TO: to.queue, VIGIE_BACK: '' } }
      : null;
  }
  if (!isPlainDevice(to.device)) return null;
  const variables = { VIGIE_TO: to.device, VIGIE_SECONDS: String(ringSeconds), VIGIE_BACK: back };
  return { extension: 'person', variables };
}
