import type { PhoneAccounts } from './phones.ts';
import type { TelephonyFact } from './telephony-facts.ts';

/** All our channels and bridges have ids of this prefix, so that a restart finds them and a fold leaves them out. */
export const ownIdPrefix = 'vigie-';
export const isOwnId = (id: string): boolean => id.startsWith(ownIdPrefix);

/** Context of the bundled dialplan in which another PBX rings a supervisor's phone here: that is no call of this PBX's. */
export const fromPbxContext = 'vigie-from-pbx';

/** A supervisor's phone that we rang: the one kind of leg of ours that may be a party to a call, when he takes one over. */
export const isOwnPhone = (id: string): boolean => isOwnId(id) && /-phone-\d+$/.test(id);

export type SnoopDirection = 'none' | 'in' | 'out' | 'both';

/** A command that the PBX refused, as an expected outcome: what is gone is gone, what fails has its reason. */
export type CommandOutcome =
  | { ok: true }
  | { ok: false; why: 'gone' | 'refused' | 'timeout' | 'unreachable'; detail: string };

/** What supervision asks of one PBX. Every command settles within its deadline (5 s) and never throws for an outcome. */
export interface TelephonyCommands {
  /** False while the PBX answers no request: every command is then refused at once. */
  areAnswered?(): boolean;
  createBridge(id: string, name: string): Promise<CommandOutcome>;
  destroyBridge(id: string): Promise<CommandOutcome>;
  addToBridge(bridgeId: string, ...legIds: string[]): Promise<CommandOutcome>;
  /**
   * Rings a person's own device: auto-answer headers, never forwarded, into our app with id `legId`.
   * `own-leg-ready` follows when it answered.
   */
  ringDevice(request: RingDevice): Promise<CommandOutcome>;
  /** A snoop channel `legId` on `targetUniqueId`; `own-leg-ready` follows when it may be bridged. */
  snoop(request: {
    legId: string;
    targetUniqueId: string;
    spy: SnoopDirection;
    whisper: SnoopDirection;
  }): Promise<CommandOutcome>;
  /** Plays a tone (`1400/150,0/60`: hertz / milliseconds, over and over) into a leg of ours until it is hung up. */
  playTone(legId: string, tone: string): Promise<CommandOutcome>;
  /** No CDR row for this leg of ours. */
  keepOutOfCdr(legId: string): Promise<CommandOutcome>;
  hangUp(legId: string, cause?: number): Promise<CommandOutcome>;
  /** Every channel and bridge of ours on the PBX now, and the legs of calls that we took. */
  listOwn(): Promise<{ legs: OwnLeg[]; bridges: OwnBridge[]; guests: GuestLeg[] }>;
  /** Whether the bundled dialplan is there to move this leg; null when the PBX does not say. */
  canTake(uniqueId: string): Promise<boolean | null>;
  /**
   * Takes a call's legs out of whatever they are in, into our application: `own-leg-ready` follows for each, with its
   * name in `args`. A leg that is gone is not moved; the other one is.
   */
  take(request: TakeLegs): Promise<CommandOutcome>;
  /** The leg hears everyone in the bridge, and nobody hears it. */
  addListener(bridgeId: string, legId: string): Promise<CommandOutcome>;
  /** A leg that was put on hold in the call it was taken from hears people again. */
  stopHold(legId: string): Promise<CommandOutcome>;
  /** Sends a leg that we took on into the dialplan: to a person's device, or into a queue. */
  sendOn(request: SendOn): Promise<CommandOutcome>;
}
export interface TakeLegs {
  /** A UUID: of the supervision, or of the move. */
  id: string;
  customerUniqueId: string;
  /** The agent who goes on listening; null when he is to leave the call. */
  listenerUniqueId: string | null;
}
export interface SendOn {
  /** As for `take`. */
  id: string;
  legId: string;
  to: { device: string } | { queue: string };
  ringSeconds: number;
  /** Where the leg goes when nobody answers: into this queue, or back to us (`own-leg-ready` again). */
  otherwise: { queue: string } | 'back';
}
/** A leg of a call that is in our application. */
export interface GuestLeg {
  uniqueId: string;
  /** As it was given by `take`. */
  name: string;
}
export interface RingDevice {
  legId: string;
  device: string;
  callerName: string;
  callerNumber: string;
  ringTimeoutMs: number;
}
export interface OwnLeg {
  id: string;
  channel: string;
  state: string;
  createdAtMs: number;
}
export interface OwnBridge {
  id: string;
  name: string;
  legIds: string[];
}

/** One PBX as the features see it. */
export interface Telephony {
  readonly pbx: string;
  readonly commands: TelephonyCommands;
  readonly phoneAccounts: PhoneAccounts;
  /** `mayReplace`: from a server of ours that lost this PBX to us, and does not go by itself. */
  start(onFact: (fact: TelephonyFact) => void, how?: { mayReplace: boolean }): Promise<void>;
  stop(): Promise<void>;
  /** Names of queues and endpoints to watch beyond what the PBX tells by itself. */
  watchQueues(names: readonly string[]): void;
}

/** What may be done to queue members; needs AMI. Every command settles within its deadline and never throws for an outcome. */
export interface QueueCommands {
  /** `queue` null: in all his queues. */
  pause(request: {
    queue: string | null;
    interface: string;
    paused: boolean;
    reason: string | null;
  }): Promise<CommandOutcome>;
  add(request: {
    queue: string;
    interface: string;
    stateInterface: string | null;
    name: string | null;
    penalty: number;
    paused: boolean;
  }): Promise<CommandOutcome>;
  setPenalty(request: { queue: string; interface: string; penalty: number }): Promise<CommandOutcome>;
  /** Refused for a static member: he can only be paused. */
  remove(request: { queue: string; interface: string }): Promise<CommandOutcome>;
  /** Ends an AgentLogin, after the call its agent is in. `agent` as agents.conf names it. */
  logOffAgent(agent: string): Promise<CommandOutcome>;
}
