/** A floor of two teams whose people write to one another, on one or several servers that share a database. */
import type { Test } from 'tap';
import { v7 } from 'uuid';
import { createConnections } from '../../src/adapters/sockets/connections.ts';
import type { Agent } from '../../src/contract/agents.ts';
import type { ChatFound } from '../../src/contract/chat.ts';
import type { Role } from '../../src/contract/permissions.ts';
import { listenTo } from '../../src/database/listen.ts';
import { createChat } from '../../src/features/chat/chat.ts';
import { chatChannel } from '../../src/features/chat/notices.ts';
import type { Person } from '../../src/ports/domain.ts';
import type { AgentView } from '../../src/ports/live.ts';
import { makeViewer, type Viewer } from '../../src/ports/viewer.ts';
import { makeAgent } from '../browser/support/floor.ts';
import { type TestDatabase, testDatabase } from './database.ts';
import { quietLog } from './live.ts';
import { waitFor } from './wait-for.ts';

export const teamA = { id: v7(), name: 'Équipe A' };
export const teamB = { id: v7(), name: 'Équipe B' };

export interface ChatPerson {
  viewer: Viewer;
  person: Person;
}

export function chatPerson(name: string, roles: Role[], teams = [teamA]): ChatPerson {
  const id = v7();
  const viewer = makeViewer({ id, name, roles, teamIds: teams.map((team) => team.id) });
  const noDevices = { pbx: 'main', devices: [], interfaces: [] };
  return { viewer, person: { id, login: name, name, publicName: null, roles, teams, ...noDevices } };
}

export function agentView({ person }: ChatPerson, part: Partial<Agent> = {}): AgentView {
  const { mayDo: _, ...made } = makeAgent(0, Date.now(), false);
  const row = { ...made, id: person.id, name: person.name, state: 'available' as const, calls: [], ...part };
  const nothing = { legs: [], protectedBy: null, inQueue: false, paused: false, controlRefusal: null };
  return {
    row,
    teamIds: person.teams.map(({ id }) => id),
    facts: { ...nothing, screen: 'off' },
  };
}

export async function chatScene(t: Test, people: readonly ChatPerson[], views: readonly AgentView[]) {
  const database = await testDatabase(t);
  const agents = new Map(views.map((view) => [view.row.id, view]));
  const time = { now: Date.now() };
  const audited: { action: string; subjectId: string | null; callId: string | null }[] = [];
  const byId = new Map(people.map(({ person }) => [person.id, person]));
  const viewers = new Map(people.map(({ viewer }) => [viewer.personId, viewer]));
  return {
    database,
    agents,
    viewers,
    time,
    audited,
    /** One more server on the same database; it listens to the others. */
    server: () => chatServer(t, { database, agents, viewers, time, audited, byId }),
  };
}

type Shared = {
  database: TestDatabase;
  agents: Map<string, AgentView>;
  viewers: Map<string, Viewer>;
  time: { now: number };
  audited: { action: string; subjectId: string | null; callId: string | null }[];
  byId: Map<string, Person>;
};

async function chatServer(t: Test, o: Shared) {
  const connections = createConnections({ log: quietLog });
  const chat = createChat({
    db: o.database.db,
    people: { byId: (id) => o.byId.get(id), all: () => [...o.byId.values()] },
    shift: { agent: (id) => o.agents.get(id), agents: () => o.agents.values() },
    sessions: { viewer: (id) => o.viewers.get(id) ?? null },
    presence: { isPresent: () => false },
    connections,
    audit: { write: async (entry) => void o.audited.push(entry) },
    clock: { now: () => o.time.now },
    log: quietLog,
  });
  let listens = false;
  const notices = listenTo({
    url: o.database.url,
    channel: chatChannel,
    log: quietLog,
    onNotice(said) {
      listens = true;
      chat.onNotice(said);
    },
  });
  t.teardown(async () => {
    chat.stop();
    await notices.close();
  });
  await waitFor(() => listens);
  /** A page of this person; what it was told, by event. */
  function page(viewer: Viewer) {
    const told: { event: string; what: unknown }[] = [];
    const connection = { id: v7(), viewer, page: 'panel' as const };
    connections.opened(connection, (event, what) => told.push({ event, what }));
    return {
      told: (event: string) => told.filter((one) => one.event === event).map(({ what }) => what),
      messages: () =>
        told.filter(({ event }) => event === 'chat-message').map(({ what }) => (what as ChatFound).message),
      say: (event: string, payload: unknown) => connections.heard(connection, event, payload),
      close: () => connections.gone(connection),
    };
  }
  return { ...chat, page };
}
