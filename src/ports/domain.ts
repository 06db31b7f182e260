/**
 * What features give one another. A feature never imports another: `app.ts` hands these over.
 */
import type { Call, Direction } from '../contract/calls.ts';
import type { NamedRef } from '../contract/common.ts';
import type { Role } from '../contract/permissions.ts';
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

/** Who is signed in on a panel or agent page now (counts as connected). */
export interface PanelPresence {
  isPresent(personId: string): boolean;
  onChange(listener: (personId: string) => void): () => void;
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
