/**
 * The live panel's inner sides: what the shift (agents and queues) gives the board, and what the board gives whoever
 * carries it to the browsers.
 */
import type { AgentPage, AgentPageChange } from '../contract/agent-page.ts';
import type { Agent } from '../contract/agents.ts';
import type { AlertThresholds } from '../contract/alerts.ts';
import type { LiveChange, LiveQueue, LiveSnapshot, LiveStorage } from '../contract/live.ts';
import type { MayDoFacts } from '../contract/may-do.ts';
import type { PersonalBrowserToServer, PersonalServerToBrowser } from '../contract/personal.ts';
import type { QueueMember } from './telephony-facts.ts';
import type { Viewer } from './viewer.ts';

/** An agent's row before it is known who looks at it. */
export interface AgentView {
  row: Omit<Agent, 'mayDo'>;
  teamIds: readonly string[];
  /** What the rule of `mayDo` looks at, beyond the row. */
  facts: Omit<MayDoFacts['agent'], 'id' | 'teamIds' | 'state'>;
}
/** An agent's part in the queues of his PBX, as commands need it. */
export interface ShiftMembers {
  membershipsOf(personId: string): readonly (QueueMember & { queue: string })[];
  /** The agents of AgentLogin that are signed in and are he. */
  agentLoginsOf(personId: string): readonly string[];
}
export interface QueueView {
  row: LiveQueue;
  /** Empty: every supervisor sees it. */
  teamIds: readonly string[];
}

/** Agents and queues now. Changes are settled when asked for, so that a burst of facts costs one row. */
export interface LiveShift {
  agents(): Iterable<AgentView>;
  agent(id: string): AgentView | undefined;
  queues(): Iterable<QueueView>;
  /** By the key of `queueKey`. */
  queue(key: string): QueueView | undefined;
  /** Called when something is to be settled. Returns the way to stop. */
  onDirty(listener: () => void): () => void;
  /** Ids of agents and keys of queues whose rows are new, changed or gone since the last call. */
  takeChanges(): { agents: ReadonlySet<string>; queues: ReadonlySet<string> };
}

/**
 * The board as its carrier sees it. Viewers who see the same share a scope and its sequence of changes.
 */
export interface LiveFeed {
  /** The key of the viewer's scope, which lives until as many leave it as joined. Throws `not-allowed`. */
  join(viewer: Viewer): string;
  leave(scope: string): void;
  /** The key `join` would give now: another than the one joined when rights or teams have changed. */
  scopeOf(viewer: Viewer): string;
  /** What the scope has been told so far. */
  snapshot(scope: string): LiveSnapshot;
  onChange(listener: (scope: string, change: LiveChange) => void): () => void;
}

/** What agents are told of themselves on their own pages, as its carrier sees it. */
export interface AgentPageFeed {
  /** The person's page is numbered from here on, until as many leave as joined. */
  join(personId: string): void;
  leave(personId: string): void;
  /** What somebody who joined has been told so far. */
  snapshot(personId: string): AgentPage;
  onChange(listener: (personId: string, change: AgentPageChange) => void): () => void;
}

/** From when on the panel alerts, as it is in force now. */
export interface LiveThresholds {
  current(): AlertThresholds;
  onChange(listener: () => void): () => void;
}

/** Where what is recorded goes now: into the database, or for the moment to this server's disk. */
export interface StorageState {
  current(): LiveStorage;
  onChange(listener: () => void): () => void;
}

/** Sign-ins as a long-lived connection needs them. */
export interface LiveSessions {
  /** Who the `Cookie` header signs in; null for nobody. `sessionKey` names the session without being its secret. */
  open(
    cookieHeader: string | undefined,
  ): Promise<{ viewer: Viewer; sessionKey: string; expiresAtMs: number } | null>;
  /** A session ended before its time (sign-out, revoked, person disabled). */
  onRevoked(listener: (sessionKey: string) => void): () => void;
  /** The person's rights now; null when he may not sign in any more. */
  viewer(personId: string): Viewer | null;
  /** Somebody's roles or teams changed. */
  onViewersChanged(listener: () => void): () => void;
}

/** One open page of a signed-in person. */
export interface PageConnection {
  /** Names the connection as long as it lasts. */
  id: string;
  viewer: Viewer;
  page: 'panel' | 'agent';
}

/** Every open page, for news to persons and for what pages say by socket. What nobody is there to receive is lost. */
export interface Connections {
  toPerson<Event extends keyof PersonalServerToBrowser>(
    personId: string,
    event: Event,
    ...args: Parameters<PersonalServerToBrowser[Event]>
  ): void;
  toConnection<Event extends keyof PersonalServerToBrowser>(
    connectionId: string,
    event: Event,
    ...args: Parameters<PersonalServerToBrowser[Event]>
  ): void;
  /**
   * What pages say. The payload is not to be trusted: the listener checks it. A page that says more than
   * 50 things a second is not heard for the rest of that second.
   */
  on(
    event: keyof PersonalBrowserToServer,
    listener: (from: PageConnection, payload: unknown) => void,
  ): () => void;
  onOpen(listener: (connection: PageConnection) => void): () => void;
  onGone(listener: (connection: PageConnection) => void): () => void;
}
