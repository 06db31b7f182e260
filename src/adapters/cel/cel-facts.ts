import { isOwnId, isOwnPhone } from '../../ports/telephony.ts';
import type { BridgeKind, FactBody, LegSnapshot } from '../../ports/telephony-facts.ts';
import { extraOf, hangupOf, textIn } from './cel-extra.ts';
import type { CelRow } from './cel-row.ts';

/** Legs whose beginning was read and whose end was not yet; beyond, the oldest are let go of. */
export const legsKnownMax = 50_000;

/** What was read of a leg so far, as far as later rows need it. */
interface Known {
  createdAtMs: number;
  channel: string;
  linkedId: string;
  isUp: boolean | null;
  bridge: { id: string; kind: BridgeKind } | null;
  isHeld: boolean;
  /** The application it is in, '' between two. */
  app: string;
  appData: string;
  /** Who dialled it, as long as by which number is not known. */
  dialler: string | null;
  hangup: { cause: number; source: string } | null;
  firstAtMs: number;
  lastAtMs: number;
}

export interface CelFacts {
  /** The facts that a row tells, in their order; [] for most events of tools and of legs of ours. */
  take(row: CelRow): FactBody[];
  /** When the first row came of the oldest leg that has not ended; Infinity when there is none. */
  oldestMs(): number;
  /** Legs that have begun before `beforeMs`, are not in `living`, and have no end in the journal: taken off its list. */
  lost(living: ReadonlySet<string>, beforeMs: number): { uniqueId: string; lastSeenAtMs: number }[];
}

/**
 * Makes facts of the journal's rows: what live events would have told of a leg. It knows neither how long a phone rang,
 * nor dials, priorities and SIP codes; hold it knows by the music (STREAM_BEGIN, Asterisk 22).
 */
export function createCelFacts(): CelFacts {
  const legs = new Map<string, Known>();
  const byLinkedId = new Map<string, Set<string>>();

  function forget(uniqueId: string): void {
    const linkedId = legs.get(uniqueId)?.linkedId ?? '';
    legs.delete(uniqueId);
    const others = byLinkedId.get(linkedId);
    others?.delete(uniqueId);
    if (others?.size === 0) byLinkedId.delete(linkedId);
  }

  function knownOf(row: CelRow): Known {
    const found = legs.get(row.uniqueId);
    if (found) return found;
    if (legs.size >= legsKnownMax) forget(legs.keys().next().value!);
    const made: Known = {
      createdAtMs: row.event === 'CHAN_START' ? row.atMs : 0,
      channel: row.channel,
      linkedId: row.linkedId,
      isUp: row.event === 'CHAN_START' ? false : null,
      bridge: null,
      isHeld: false,
      app: '',
      appData: '',
      dialler: null,
      hangup: null,
      firstAtMs: row.atMs,
      lastAtMs: row.atMs,
    };
    legs.set(row.uniqueId, made);
    if (row.linkedId !== '')
      byLinkedId.set(row.linkedId, (byLinkedId.get(row.linkedId) ?? new Set()).add(row.uniqueId));
    return made;
  }

  /** Legs of the same linked id whose dialplan is ringing somebody now. */
  const diallersOf = ({ linkedId, uniqueId }: CelRow): Dialler[] =>
    linkedId === uniqueId
      ? []
      : [...(byLinkedId.get(linkedId) ?? [])].flatMap((id) => {
          const leg = legs.get(id);
          return leg && dialling.has(leg.app) ? [{ uniqueId: id, ...leg }] : [];
        });

  /** A Dial that follows another is told by a later row only: by then its leg has been made. */
  const numbersOf = ({ uniqueId, linkedId, appData }: CelRow): FactBody[] =>
    [...(byLinkedId.get(linkedId) ?? [])].flatMap((id) => {
      const leg = legs.get(id);
      const dialString = leg?.dialler === uniqueId ? dialStringOf(appData, deviceOf(leg.channel)) : '';
      return leg && dialString !== '' ? [dialFact(uniqueId, snapshotOf(id, leg), dialString)] : [];
    });

  return {
    take(row) {
      // LINKEDID_END comes after its leg's end, and tells nothing of it.
      if (isTool(row.channel) || row.event === 'LINKEDID_END') return [];
      const known = knownOf(row);
      known.lastAtMs = Math.max(known.lastAtMs, row.atMs);
      if (row.channel !== '') known.channel = row.channel;
      const before = known.appData;
      const bodies = [...nextApp(row, known), ...factsOf(row, known)];
      if (row.event === 'CHAN_START') bodies.push(...dialOf(row, known, diallersOf(row)));
      else if (known.appData !== before && known.app === 'Dial') bodies.push(...numbersOf(row));
      if (row.event === 'CHAN_END') forget(row.uniqueId);
      if (!isOwnId(row.uniqueId)) return bodies;
      return isOwnPhone(row.uniqueId) ? bodies.filter(isOfSupervisor) : [];
    },
    oldestMs: () => legs.values().next().value?.firstAtMs ?? Number.POSITIVE_INFINITY,
    lost(living, beforeMs) {
      const gone = [...legs].filter(([id, leg]) => !living.has(id) && leg.lastAtMs < beforeMs);
      for (const [uniqueId] of gone) forget(uniqueId);
      return gone
        .filter(([uniqueId, { createdAtMs }]) => createdAtMs > 0 && !isOwnId(uniqueId))
        .map(([uniqueId, { lastAtMs }]) => ({ uniqueId, lastSeenAtMs: lastAtMs }));
    },
  };
}

/** Of a supervisor's phone only what live events tell: it may take a call over, in a bridge of ours. */
const isOfSupervisor = (body: FactBody): boolean =>
  body.kind === 'leg-ended' ||
  body.kind === 'bridge-left' ||
  (body.kind === 'bridge-entered' && body.bridge === 'ours');

/** Technologies that carry no person. */
const tools =
  /^(Snoop|Announcer|Recorder|CBAnn|CBRec|ConfBridgeRecorder|Message|Surrogate|Bridge|Parked|Feature)\//;
const isTool = (channel: string): boolean => tools.test(channel);

function factsOf(row: CelRow, known: Known): FactBody[] {
  const { uniqueId } = row;
  switch (row.event) {
    case 'CHAN_START':
      return [
        {
          kind: 'leg-created',
          leg: { ...legOf(row, known), dialplan: { ...placeOf(row), app: '', appData: '' } },
        },
      ];
    case 'APP_END':
      known.app = '';
      return [{ kind: 'leg-app-ended', uniqueId, app: row.app }];
    case 'ANSWER':
      known.isUp = true;
      return [{ kind: 'leg-state', leg: legOf(row, known) }];
    case 'BRIDGE_ENTER':
      return entered(row, known);
    case 'BRIDGE_EXIT':
      return left(row, known);
    case 'STREAM_BEGIN':
      return held(row, known, true);
    case 'STREAM_END':
      return held(row, known, false);
    case 'BLINDTRANSFER':
      return blindTransfer(row);
    case 'ATTENDEDTRANSFER':
      return attendedTransfer(row);
    case 'PICKUP':
      return pickedUp(row);
    case 'HANGUP':
      known.hangup = hangupOf(row.extra);
      return begunAtLeast(row, known);
    case 'CHAN_END':
      return [endOf(row, known)];
    default:
      return [];
  }
}

/**
 * The application changed: every row tells the one its leg is in, and one that follows another of its own name has no
 * APP_START. A leg that was dialled is in none of its own.
 */
function nextApp(row: CelRow, known: Known): FactBody[] {
  if (row.app === '' || withoutApp.has(row.event)) return [];
  if (row.app === known.app && row.appData === known.appData) return [];
  const isDialled = row.app.startsWith('App');
  if (isDialled && row.event === 'HANGUP') return [];
  known.app = row.app;
  known.appData = row.appData;
  // Nobody's leg dialled it: the PBX was asked to.
  if (row.app === 'AppDial2') return [dialFact(null, legOf(row, known), '')];
  return isDialled ? [] : [{ kind: 'leg-dialplan', leg: legOf(row, known) }];
}

/** The application that ends is told by its own fact; after a hangup a leg is in none. */
const withoutApp = new Set(['CHAN_START', 'APP_END', 'CHAN_END', 'LINKEDID_END']);

interface Dialler extends Known {
  uniqueId: string;
}
const dialling = new Set(['Dial', 'Queue', 'FollowMe', 'Page', 'RetryDial']);

/** Who dialled a new leg: the one leg of its linked id that can have. Of several, the one whose Dial names its device. */
function dialOf(row: CelRow, known: Known, diallers: readonly Dialler[]): FactBody[] {
  const device = deviceOf(row.channel);
  const naming = diallers.filter(({ appData }) => device !== '' && namesDevice(appData, device));
  const [by, ...others] = naming.length > 0 ? naming : diallers;
  if (!by || others.length > 0 || row.channel.endsWith(';2')) return [];
  const dialString = by.app === 'Dial' ? dialStringOf(by.appData, device) : '';
  if (dialString === '') known.dialler = by.uniqueId;
  return [dialFact(by.uniqueId, snapshotOf(row.uniqueId, known), dialString)];
}

const dialFact = (callerUniqueId: string | null, peer: LegSnapshot, dialString: string): FactBody => ({
  kind: 'dial',
  callerUniqueId,
  peer,
  dialString,
  status: '',
  forward: '',
  forwardedUniqueId: null,
});

/** `PJSIP/1001` of `PJSIP/1001-0000002a`. */
const deviceOf = (channel: string): string => channel.replace(/-[0-9a-f]+(;[12])?$/, '');

/** A leg that somebody dialled, without what is not known of it. */
const snapshotOf = (
  uniqueId: string,
  known: Pick<Known, 'channel' | 'linkedId' | 'createdAtMs' | 'isUp'>,
): LegSnapshot => ({
  uniqueId,
  channel: known.channel,
  linkedId: known.linkedId,
  createdAtMs: known.createdAtMs,
  state: known.isUp === true ? 'up' : 'down',
  caller: { number: '', name: '' },
  connected: { number: '', name: '' },
  accountCode: '',
  dialplan: { context: '', exten: '', priority: 0, app: 'AppDial', appData: '' },
});

const namesDevice = (appData: string, device: string): boolean => dialStringOf(appData, device) !== '';

/** The target of a Dial by which the device was rung: `PJSIP/1001`, `PJSIP/0612345678@trunk`, `SIP/trunk/0612345678`. */
function dialStringOf(appData: string, device: string): string {
  const [technology = '', resource = ''] = [
    device.slice(0, device.indexOf('/')),
    device.slice(device.indexOf('/') + 1),
  ];
  const targets = (appData.split(',', 1)[0] ?? '').split('&');
  const target = targets.find(
    (one) =>
      one === device ||
      one.startsWith(`${device}/`) ||
      (one.startsWith(`${technology}/`) && one.endsWith(`@${resource}`)),
  );
  return target ? target.slice(technology.length + 1) : '';
}

const placeOf = ({ context, exten }: CelRow) => ({ context, exten, priority: 0 });

function legOf(row: CelRow, known: Known): LegSnapshot {
  return {
    uniqueId: row.uniqueId,
    channel: row.channel,
    linkedId: row.linkedId,
    createdAtMs: known.createdAtMs,
    state:
      known.isUp === true
        ? 'up'
        : known.isUp === null
          ? 'other'
          : row.app === '' || row.app.startsWith('App')
            ? 'down'
            : 'ring',
    caller: { number: row.callerNumber, name: row.callerName },
    connected: { number: '', name: '' },
    accountCode: '',
    dialplan: { ...placeOf(row), app: row.app, appData: row.appData },
  };
}

function entered(row: CelRow, known: Known): FactBody[] {
  const extra = extraOf(row.extra);
  const id = textIn(extra, 'bridge_id');
  if (id === '') return [];
  known.bridge = { id, kind: bridgeKindOf(id, row.app, textIn(extra, 'bridge_technology')) };
  known.isUp = true;
  return [
    {
      kind: 'bridge-entered',
      uniqueId: row.uniqueId,
      bridgeId: id,
      bridge: known.bridge.kind,
      leg: legOf(row, known),
    },
  ];
}

/** A holding bridge is where the parked wait, and where AgentLogin keeps its agents. */
function bridgeKindOf(id: string, app: string, technology: string): BridgeKind {
  if (isOwnId(id)) return 'ours';
  if (app === 'ConfBridge') return 'conference';
  if (technology !== 'holding_bridge') return 'mixing';
  return app === 'AgentLogin' ? 'agent-pool' : 'holding';
}

function left(row: CelRow, known: Known): FactBody[] {
  const bridgeId = textIn(extraOf(row.extra), 'bridge_id');
  if (known.bridge?.id === bridgeId) known.bridge = null;
  const bodies: FactBody[] = known.isHeld ? [{ kind: 'leg-hold', uniqueId: row.uniqueId, held: false }] : [];
  known.isHeld = false;
  return bridgeId === '' ? bodies : [...bodies, { kind: 'bridge-left', uniqueId: row.uniqueId, bridgeId }];
}

/** Music for somebody who is in a conversation: he is on hold. */
function held(row: CelRow, known: Known, isBegin: boolean): FactBody[] {
  const isMusic = isBegin && known.bridge?.kind === 'mixing' && textIn(extraOf(row.extra), 'class') !== '';
  if (known.isHeld === isMusic) return [];
  known.isHeld = isMusic;
  return [{ kind: 'leg-hold', uniqueId: row.uniqueId, held: isMusic }];
}

function blindTransfer(row: CelRow): FactBody[] {
  const extra = extraOf(row.extra);
  const transferee = textIn(extra, 'transferee_channel_uniqueid');
  return [
    {
      kind: 'blind-transfer',
      transfererUniqueId: row.uniqueId,
      transfereeUniqueId: transferee === '' ? null : transferee,
      replacedUniqueId: null,
      context: textIn(extra, 'context'),
      exten: textIn(extra, 'extension'),
      external: false,
      succeeded: true,
    },
  ];
}

function attendedTransfer(row: CelRow): FactBody[] {
  const extra = extraOf(row.extra);
  const idIn = (name: string) => textIn(extra, name) || null;
  return [
    {
      kind: 'attended-transfer',
      transferer1UniqueId: row.uniqueId,
      transferer2UniqueId: idIn('channel2_uniqueid') ?? row.uniqueId,
      transfereeUniqueId: idIn('transferee_channel_uniqueid'),
      targetUniqueId: idIn('transfer_target_channel_uniqueid'),
      destination: textIn(extra, 'bridge2_id') || textIn(extra, 'app'),
      external: false,
      succeeded: true,
    },
  ];
}

/** The phone of who picked up is from now on the one that was dialled, and has answered. */
function pickedUp(row: CelRow): FactBody[] {
  const extra = extraOf(row.extra);
  const uniqueId = textIn(extra, 'pickup_channel_uniqueid');
  if (uniqueId === '') return [];
  const channel = textIn(extra, 'pickup_channel');
  const peer = snapshotOf(uniqueId, { channel, linkedId: '', createdAtMs: 0, isUp: true });
  const by = row.linkedId === '' ? null : row.linkedId;
  return [{ ...dialFact(by, peer, ''), status: 'ANSWER' } as FactBody];
}

/** A first leg of which nothing else is told has dialled in all the same. */
function begunAtLeast(row: CelRow, known: Known): FactBody[] {
  if (known.isUp !== false || row.linkedId !== row.uniqueId || row.app.startsWith('App')) return [];
  return [{ kind: 'leg-state', leg: { ...legOf(row, known), state: 'other' } }];
}

function endOf(row: CelRow, { hangup }: Known): FactBody {
  return {
    kind: 'leg-ended',
    uniqueId: row.uniqueId,
    channel: row.channel,
    cause: hangup?.cause ?? 0,
    causeText: '',
    sipCode: null,
    hangupSource: hangup?.source ?? '',
    hangupSourceKnown: hangup !== null,
  };
}
