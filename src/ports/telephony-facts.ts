/**
 * Telephony facts: what happened on a PBX, in our words. `adapters/*` translate into them once, at the edge;
 * `features/calls` and `features/agents` fold them. A fact may come twice, late or in another order than it
 * happened: the result of a fold must be the same. Order by (`atMs`, `generation`, `sequence`).
 */

/** A leg is one channel of the PBX. `uniqueId` is Asterisk's unique id, unique on one PBX for ever. */
export interface LegSnapshot {
  uniqueId: string;
  /** Channel name, `PJSIP/1001-0000002a`, `Local/1001@from-queue-00000003;1`. */
  channel: string;
  /** Linked id at the time of the fact, '' when the PBX does not send it. It is a hint, not a call. */
  linkedId: string;
  /** The channel's own creation time. */
  createdAtMs: number;
  /** `down` not yet rung, `ring` it is dialling in, `ringing` its phone rings, `up` answered, `busy`. */
  state: 'down' | 'ring' | 'ringing' | 'up' | 'busy' | 'other';
  caller: { number: string; name: string };
  connected: { number: string; name: string };
  accountCode: string;
  dialplan: Dialplan;
  /** The variable QUEUESTATUS, which says how the leg left its last queue; absent where the PBX does not send it. */
  queueStatus?: string;
}
export interface Dialplan {
  context: string;
  exten: string;
  priority: number;
  app: string;
  appData: string;
}

/** Fields of every fact. */
export interface FactHeader {
  pbx: string;
  /** `ari` live events and resync, `cel` the PBX's journal, `ami` its manager. CEL beats ARI's hangup source. */
  source: 'ari' | 'cel' | 'ami';
  /** Number of the connection it was read on; (source, generation, sequence) names the fact for ever. */
  generation: number;
  sequence: number;
  /** When it happened, by the PBX's clock; by ours where that one is wrong by more than two seconds. */
  atMs: number;
}

export type LegFact = FactHeader &
  (
    | { kind: 'leg-created'; leg: LegSnapshot }
    /**
     * The leg was found alive by a resync: its whole state, but no event. Nothing of it was heard since `unseenSinceMs`
     * (0: not since this server began), and it is in that bridge (null: in none). What is absent was not looked at.
     */
    | { kind: 'leg-seen'; leg: LegSnapshot; unseenSinceMs?: number; bridgeId?: string | null }
    | { kind: 'leg-state'; leg: LegSnapshot }
    | { kind: 'leg-dialplan'; leg: LegSnapshot }
    | { kind: 'leg-identity'; leg: LegSnapshot }
    | {
        kind: 'leg-ended';
        uniqueId: string;
        channel: string;
        /** Q.850 cause; 0 when the PBX gave none. */
        cause: number;
        causeText: string;
        sipCode: number | null;
        /** Channel name of the side that hung up, `dialplan/…` style words, or '' when not known. */
        hangupSource: string;
        /** The source of this fact tells the hangup source: '' then means that no party hung up, the PBX did. */
        hangupSourceKnown?: boolean;
      }
    /** A resync no longer found the leg: it ended somewhere between `lastSeenAtMs` and `atMs`. */
    | { kind: 'leg-vanished'; uniqueId: string; lastSeenAtMs: number; becauseRestarted: boolean }
    | { kind: 'leg-hold'; uniqueId: string; held: boolean }
    /** An application of the dialplan let go of the leg (a journal tells; live events tell the next one instead). */
    | { kind: 'leg-app-ended'; uniqueId: string; app: string }
    | {
        /** A dial begins, progresses or ends. `status` '' at its begin, else Asterisk's DIALSTATUS words. */
        kind: 'dial';
        callerUniqueId: string | null;
        peer: LegSnapshot;
        dialString: string;
        status:
          | ''
          | 'RINGING'
          | 'PROGRESS'
          | 'PROCEEDING'
          | 'ANSWER'
          | 'BUSY'
          | 'NOANSWER'
          | 'CANCEL'
          | 'CONGESTION'
          | 'CHANUNAVAIL'
          | 'OTHER';
        /** Where the phone sent the call instead (302), '' when it did not. */
        forward: string;
        forwardedUniqueId: string | null;
      }
    | {
        kind: 'bridge-entered';
        uniqueId: string;
        bridgeId: string;
        bridge: BridgeKind;
        /** The leg as it was on entering. */
        leg: LegSnapshot;
      }
    | { kind: 'bridge-left'; uniqueId: string; bridgeId: string }
    | {
        kind: 'blind-transfer';
        transfererUniqueId: string;
        transfereeUniqueId: string | null;
        replacedUniqueId: string | null;
        context: string;
        exten: string;
        external: boolean;
        succeeded: boolean;
      }
    | {
        kind: 'attended-transfer';
        transferer1UniqueId: string;
        transferer2UniqueId: string;
        transfereeUniqueId: string | null;
        targetUniqueId: string | null;
        destination: string;
        external: boolean;
        succeeded: boolean;
      }
  );

/** `mixing` two or more people; `holding` parking or music; `conference` ConfBridge; `ours` made by this product. */
export type BridgeKind = 'mixing' | 'holding' | 'conference' | 'agent-pool' | 'ours';

export type PresenceFact = FactHeader &
  (
    | { kind: 'endpoint'; device: string; online: boolean | null }
    | {
        kind: 'device-state';
        device: string;
        state:
          | 'unknown'
          | 'not-in-use'
          | 'in-use'
          | 'busy'
          | 'invalid'
          | 'unavailable'
          | 'ringing'
          | 'ring-in-use'
          | 'on-hold';
      }
    | { kind: 'queue-pause'; queue: string; interface: string; paused: boolean; reason: string | null }
    /** The whole membership of one queue, as read at `atMs` (AMI QueueStatus or a helper channel). */
    | { kind: 'queue-members'; queue: string; members: QueueMember[] }
    | { kind: 'queue-member'; queue: string; member: QueueMember }
    | { kind: 'queue-member-gone'; queue: string; interface: string }
    | { kind: 'queue-caller-joined'; queue: string; uniqueId: string; position: number; waiting: number }
    | { kind: 'queue-caller-left'; queue: string; uniqueId: string; abandoned: boolean }
    /** The member is in wrap-up until then, by this server's clock (AMI only). */
    | { kind: 'wrap-up'; queue: string; interface: string; untilMs: number }
    | { kind: 'agent-login'; agent: string; uniqueId: string; loggedIn: boolean }
  );

export interface QueueMember {
  interface: string;
  /** The device whose state counts (hint or real device), when the PBX tells. */
  stateInterface: string | null;
  name: string | null;
  paused: boolean;
  pauseReason: string | null;
  penalty: number | null;
  static: boolean | null;
}

export type LinkFact = FactHeader &
  /** A resync follows: `leg-seen` for each living leg, `spy-began` for each foreign snoop, then `resynced` with the ids of both. */
  /** `clockAheadMs`: how far the PBX's clock is ahead of ours; absent where it did not tell. */
  (
    | { kind: 'pbx-connected'; asteriskVersion: string; startedAtMs: number; clockAheadMs?: number }
    | { kind: 'resynced'; liveUniqueIds: string[] }
    | { kind: 'pbx-lost'; why: 'disconnected' | 'refused' | 'replaced' | 'too-old'; detail: string }
    /** Whether the PBX answers requests: what happens may be told all the same. */
    | { kind: 'pbx-commands'; answers: boolean }
    | { kind: 'ami-connected' }
    | { kind: 'ami-lost'; detail: string }
  );

/** Facts about our own legs (ids starting with `vigie-`): never calls; the supervision feature follows them. */
export type OwnLegFact = FactHeader &
  (
    | { kind: 'own-leg-ready'; uniqueId: string; channel: string; args: string[] }
    | { kind: 'own-leg-ringing'; uniqueId: string }
    | { kind: 'own-leg-ended'; uniqueId: string; channel: string; cause: number; sipCode: number | null }
  );

/**
 * Somebody hears a leg without us: ChanSpy and ExtenSpy as AMI tells them, another program's snoop as ARI does. What of
 * ChanSpy can be seen without AMI is in the dialplan of its leg.
 */
export type SpyFact = FactHeader &
  (
    | { kind: 'spy-began'; spy: SpyingLeg; target: { uniqueId: string; channel: string } }
    | { kind: 'spy-ended'; spyUniqueId: string }
  );
export interface SpyingLeg {
  uniqueId: string;
  channel: string;
  via: 'chanspy' | 'snoop';
  /** Of ARI, whose program made the snoop; '' for ChanSpy and where it is not told. */
  app: string;
}

export type TelephonyFact = LegFact | PresenceFact | LinkFact | OwnLegFact | SpyFact;
/** A fact without its header. */
export type FactBody = TelephonyFact extends infer Fact
  ? Fact extends FactHeader
    ? Omit<Fact, keyof FactHeader>
    : never
  : never;
export type FactKind = TelephonyFact['kind'];
