import { AriError, type AriSession } from '../../asterisk-ari-client/index.ts';
import type {
  CommandOutcome,
  GuestLeg,
  OwnBridge,
  OwnLeg,
  RingDevice,
  TelephonyCommands,
} from '../../ports/telephony.ts';
import { isOwnId } from '../../ports/telephony.ts';
import { autoAnswerVariables, callerId, neverForwarded } from './ring-variables.ts';
import { createTakingCommands, type Redirect } from './taking.ts';

const deadlineMs = 5_000;
/** Asterisk's own limit comes after ours: it only counts when this server dies while a phone rings. */
const ringMarginMs = 2_000;

export type CommandsAri = Pick<AriSession, 'channels' | 'bridges'>;

/** The telephony commands of one PBX, over ARI. `app` is the Stasis application that our legs enter. */
export function createAriCommands({
  ari,
  app,
  redirect,
}: {
  ari: CommandsAri;
  app: string;
  redirect?: Redirect | undefined;
}): TelephonyCommands {
  const limits = { timeoutMs: deadlineMs };
  return {
    createBridge: (bridgeId, name) =>
      outcome(ari.bridges.createWithId({ bridgeId, type: 'mixing', name: ownBridgeName(app, name) }, limits)),
    destroyBridge: (bridgeId) => outcome(ari.bridges.destroy({ bridgeId }, limits)),
    addToBridge: (bridgeId, ...legIds) =>
      // Without it Asterisk would overwrite the agent's name on the supervisor's phone.
      outcome(
        ari.bridges.addChannel({ bridgeId, channel: legIds, inhibitConnectedLineUpdates: true }, limits),
      ),
    ringDevice: (request) => outcome(ari.channels.originateWithId(originateOf(request, app), limits)),
    snoop: ({ legId, targetUniqueId, spy, whisper }) =>
      outcome(
        ari.channels.snoopChannelWithId(
          { channelId: targetUniqueId, snoopId: legId, spy, whisper, app, appArgs: legId },
          limits,
        ),
      ),
    playTone: (legId, tone) =>
      outcome(ari.channels.play({ channelId: legId, media: `tone:${tone}` }, limits)),
    keepOutOfCdr: (legId) =>
      outcome(
        ari.channels.setChannelVar({ channelId: legId, variable: 'CDR_PROP(disable)', value: '1' }, limits),
      ),
    hangUp: (legId, cause) =>
      outcome(
        ari.channels.hangup(
          { channelId: legId, ...(cause === undefined ? {} : { reason_code: String(cause) }) },
          limits,
        ),
      ),
    listOwn: () => listOwn(ari, app),
    ...createTakingCommands({ ari, app, redirect, outcome }),
  };
}

function originateOf(request: RingDevice, app: string) {
  return {
    channelId: request.legId,
    endpoint: request.device,
    app,
    appArgs: request.legId,
    callerId: callerId(request.callerName, request.callerNumber),
    timeout: Math.ceil((request.ringTimeoutMs + ringMarginMs) / 1000),
    variables: {
      ...neverForwarded,
      ...autoAnswerVariables(request.device),
      // Given here, it also keeps a phone that is never answered out of the PBX's call records.
      'CDR_PROP(disable)': '1',
    },
  };
}

/** Settles with what happened; only a mistake of ours throws. */
async function outcome(work: Promise<unknown>): Promise<CommandOutcome> {
  try {
    await work;
    return { ok: true };
  } catch (error) {
    if (!(error instanceof AriError) || error.code === 'ari-invalid-argument') throw error;
    return { ok: false, why: whyNot(error), detail: error.message };
  }
}

function whyNot(error: AriError): 'gone' | 'refused' | 'timeout' | 'unreachable' {
  switch (error.code) {
    case 'ari-timeout':
      return 'timeout';
    case 'ari-http':
      return error.status === 404 ? 'gone' : 'refused';
    case 'ari-unauthorized':
    case 'ari-bad-reply':
      return 'refused';
    default:
      return 'unreachable';
  }
}

const ownBridgeName = (app: string, name: string) => `${app}:${name}`;

/**
 * Every leg and bridge of ours. Another server may work on the same PBX under another application name: a bridge
 * tells by its name whose it is, a leg by the application it is in, and one that still rings by its session's bridge.
 */
async function listOwn(
  ari: CommandsAri,
  app: string,
): Promise<{ legs: OwnLeg[]; bridges: OwnBridge[]; guests: GuestLeg[] }> {
  const [channels, bridges] = await Promise.all([
    ari.channels.list({}, { timeoutMs: deadlineMs }),
    ari.bridges.list({}, { timeoutMs: deadlineMs }),
  ]);
  const ours = bridges.filter((bridge) => isOwnId(bridge.id));
  const foreign = ours.filter((bridge) => !bridge.name.startsWith(ownBridgeName(app, '')));
  const isForeign = (channel: (typeof channels)[number]) =>
    channel.dialplan.app_name === 'Stasis'
      ? channel.dialplan.app_data.split(',')[0] !== app
      : foreign.some((bridge) => channel.id.startsWith(bridge.id.replace(/bridge$/, '')));
  return {
    legs: channels
      .filter((channel) => isOwnId(channel.id) && !isForeign(channel))
      .map((channel) => ({
        id: channel.id,
        channel: channel.name,
        state: channel.state,
        createdAtMs: Date.parse(channel.creationtime),
      })),
    bridges: ours
      .filter((bridge) => !foreign.includes(bridge))
      .map((bridge) => ({ id: bridge.id, name: bridge.name, legIds: bridge.channels })),
    guests: channels.flatMap(({ id, dialplan }) => {
      const [inApp, name = ''] = dialplan.app_data.split(',');
      const isGuest = dialplan.app_name === 'Stasis' && inApp === app && !isOwnId(id) && isOwnId(name);
      return isGuest ? [{ uniqueId: id, name }] : [];
    }),
  };
}
