import { isOwnId } from '../../ports/telephony.ts';
import type { BridgeKind, FactBody } from '../../ports/telephony-facts.ts';
import { dialFact, snapshotOf } from './cel-dials.ts';
import { extraOf, hangupOf, textIn } from './cel-extra.ts';
import type { CelRow } from './cel-row.ts';
import { type KnownLeg, legOf, placeOf } from './known-leg.ts';

/** What an event tells of its leg, as far as later rows need it noted there. */
export function factsOf(row: CelRow, known: KnownLeg): FactBody[] {
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
export function nextApp(row: CelRow, known: KnownLeg): FactBody[] {
  if (row.app === '' || !withApp.has(row.event)) return [];
  if (row.app === known.app && row.appData === known.appData) return [];
  const isDialled = row.app.startsWith('App');
  if (isDialled && row.event === 'HANGUP') return [];
  known.app = row.app;
  known.appData = row.appData;
  // Nobody's leg dialled it: the PBX was asked to.
  if (row.app === 'AppDial2') return [dialFact(null, legOf(row, known), '')];
  return isDialled ? [] : [{ kind: 'leg-dialplan', leg: legOf(row, known) }];
}

/**
 * Events whose rows tell the application their leg is in now. The one that ends is told by its own fact, after a hangup a
 * leg is in none, and what an event means that we do not know nobody can say.
 */
const withApp = new Set(
  ['ANSWER', 'HANGUP', 'BRIDGE_ENTER', 'BRIDGE_EXIT', 'APP_START', 'STREAM_BEGIN', 'STREAM_END'].concat([
    'BLINDTRANSFER',
    'ATTENDEDTRANSFER',
    'PICKUP',
    'PARK_START',
    'PARK_END',
  ]),
);

function entered(row: CelRow, known: KnownLeg): FactBody[] {
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

function left(row: CelRow, known: KnownLeg): FactBody[] {
  const bridgeId = textIn(extraOf(row.extra), 'bridge_id');
  if (known.bridge?.id === bridgeId) known.bridge = null;
  const bodies: FactBody[] = known.isHeld ? [{ kind: 'leg-hold', uniqueId: row.uniqueId, held: false }] : [];
  known.isHeld = false;
  return bridgeId === '' ? bodies : [...bodies, { kind: 'bridge-left', uniqueId: row.uniqueId, bridgeId }];
}

/** Music for somebody who is in a conversation: he is on hold. */
function held(row: CelRow, known: KnownLeg, isBegin: boolean): FactBody[] {
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
function begunAtLeast(row: CelRow, known: KnownLeg): FactBody[] {
  if (known.isUp !== false || row.linkedId !== row.uniqueId || row.app.startsWith('App')) return [];
  return [{ kind: 'leg-state', leg: { ...legOf(row, known), state: 'other' } }];
}

function endOf(row: CelRow, { hangup }: KnownLeg): FactBody {
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
