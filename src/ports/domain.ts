/**
 * What features give one another. A feature never imports another: `app.ts` hands these over.
 */

import type { PauseReason } from '../contract/agent-page.ts';
import type { ScreenState } from '../contract/agents.ts';
import type { CallMark } from '../contract/call-marks.ts';
import type { Call, Direction } from '../contract/calls.ts';
import type { NamedRef } from '../contract/common.ts';
import type { ErrorCode } from '../contract/errors.ts';
import type { OutsideListening } from '../contract/outside-listenings.ts';
import type { Permission, Role } from '../contract/permissions.ts';
import type { Policy } from '../contract/policy.ts';
import type { Supervision } from '../contract/supervisions.ts';

/** A person as the live parts know him. Kept in memory, follows the database. */
export interface Person {
  id: string;
  login: string | null;
  name: string;
  publicName: string | null;
  roles: readonly Role[];
  teams: readonly NamedRef[];
  pbx: string;
  devices: readonly string[];
  interfaces: readonly string[];
}

export interface PeopleDirectory {
  byId(id: string): Person | undefined;
  /** The owner of a device (`PJSIP/1001`), whoever he is (agents and supervisors). */
  byDevice(pbx: string, device: string): Person | undefined;
  /** The person behind a queue member interface: one of his interfaces, one of his devices, or the number in `Local/1001@…`. */
  byInterface(pbx: string, queueInterface: string, stateInterface?: string | null): Person | undefined;
  all(): readonly Person[];
  /** Called after any change to people, devices or teams. Returns the way to stop. */
  onChange(listener: () => void): () => void;
}

/** One device of ours in one call now. */
export interface DeviceLeg {
  pbx: string;
  uniqueId: string;
  channel: string;
  device: string;
  callId: string;
  state: 'ringing' | 'talking' | 'on-hold';
  sinceMs: number;
  direction: Direction;
  queue: string | null;
  with: { number: string | null; name: string | null };
  /** It has one other end, which can be taken over: not parked, not a conference. */
  takeable: boolean;
  /** The leg at the other end, while there is exactly one. */
  other?: { uniqueId: string; channel: string } | null;
  /** False when another leg of the same call could be this device's too: whisper and barge are refused. */
  certain: boolean;
}

/** Calls in progress, as folded from telephony facts. */
export interface LiveCalls {
  all(): readonly Call[];
  byId(id: string): Call | undefined;
  legsOfDevice(pbx: string, device: string): readonly DeviceLeg[];
  /** `devices` are those whose legs changed; `gone` when the call has ended and left the board. */
  onChange(
    listener: (change: { call: Call; gone: boolean; pbx: string; devices: readonly string[] }) => void,
  ): () => void;
}

/** Supervision sessions that are not ended. */
export interface LiveSupervisions {
  all(): readonly Supervision[];
  ofAgent(agentId: string): readonly Supervision[];
  bySupervisor(personId: string): Supervision | undefined;
  onChange(listener: (supervision: Supervision) => void): () => void;
}

/** Who listens to calls without us, now. */
export interface OutsideListenings {
  all(): readonly OutsideListening[];
  onChange(listener: (listening: OutsideListening, gone: boolean) => void): () => void;
}

/** Who is signed in on a panel or agent page now (counts as connected). */
export interface PanelPresence {
  isPresent(personId: string): boolean;
  /** On the agent page. */
  isOnAgentPage(personId: string): boolean;
  onChange(listener: (personId: string) => void): () => void;
}

/** The listening policy in force, as it bears on people and calls. In memory; asking costs nothing. */
export interface ListeningPolicy {
  current(): Policy;
  /** Why nobody may hear or see this agent at this hour; null when one may. */
  agentProtectedBy(agentId: string): ErrorCode | null;
  /** Why nobody may hear this call: its numbers, its queue, its kind, the agent's or the caller's wish; null when one may. */
  callProtectedBy(call: Call): ErrorCode | null;
  /** Permissions that these roles lack, by team; `everyTeamKey` for those they lack on all. */
  withheldFrom(roles: readonly Role[]): ReadonlyMap<string, ReadonlySet<Permission>>;
  /** The policy, a mark on a call, or what the hour allows has changed. Returns the way to stop. */
  onChange(listener: () => void): () => void;
}

/** What agents and callers said about being listened to, of the calls in progress. */
export interface CallMarks {
  of(callId: string): CallMark[];
  onChange(listener: (callId: string) => void): () => void;
}

/** Phones in the browser. */
export interface BrowserPhones {
  /** The dial string of the person's connected browser phone; null when it is not connected. */
  deviceOf(personId: string): string | null;
  onChange(listener: (personId: string) => void): () => void;
}

/** Screens that agents share on their page. */
export interface ScreenSharing {
  of(agentId: string): { state: ScreenState; watchedBy: readonly NamedRef[] };
  onChange(listener: (agentId: string) => void): () => void;
}

/** Agents who ask for help. */
export interface HelpRequests {
  of(agentId: string): { sinceMs: number; text: string } | null;
  onChange(listener: (agentId: string) => void): () => void;
}

/** The reasons agents may be paused for, in the order they are offered. */
export interface OfferedPauseReasons {
  current(): readonly PauseReason[];
  onChange(listener: () => void): () => void;
}

/** The audit log: settles only when the entry is durable; throws `audit-unavailable` otherwise. */
export interface AuditLog {
  write(entry: {
    actorId: string | null;
    action: string;
    subjectId: string | null;
    callId: string | null;
    details?: Record<string, unknown>;
  }): Promise<void>;
}
