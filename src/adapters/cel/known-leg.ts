import type { BridgeKind, LegSnapshot } from '../../ports/telephony-facts.ts';
import type { CelRow } from './cel-row.ts';

/** What was read of a leg so far, as far as later rows need it. */
export interface KnownLeg {
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

export const placeOf = ({ context, exten }: CelRow) => ({ context, exten, priority: 0 });

export function legOf(row: CelRow, known: KnownLeg): LegSnapshot {
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
