/** Real accounts, sockets, database and chat behind the built pages; only the floor is made up. */
import type { AddressInfo } from 'node:net';
import { createHttpServer } from '../../../src/adapters/http/server.ts';
import { createMetrics } from '../../../src/adapters/metrics/metrics.ts';
import { createConnections } from '../../../src/adapters/sockets/connections.ts';
import { createPanelPresence } from '../../../src/adapters/sockets/panel-presence.ts';
import { createSockets } from '../../../src/adapters/sockets/sockets.ts';
import type { AgentPage } from '../../../src/contract/agent-page.ts';
import { mayDo } from '../../../src/contract/may-do.ts';
import type { Role } from '../../../src/contract/permissions.ts';
import { defaultPolicy } from '../../../src/contract/policy.ts';
import { createAccounts } from '../../../src/features/accounts/accounts.ts';
import { ownAgent } from '../../../src/features/agent-page/own-agent.ts';
import { writePersonDetails } from '../../../src/features/agents/people.repository.ts';
import { createPeopleDirectory } from '../../../src/features/agents/people-directory.ts';
import { createChat } from '../../../src/features/chat/chat.ts';
import { webFolder } from '../../../src/paths.ts';
import { systemClock } from '../../../src/ports/clock.ts';
import type { AgentView } from '../../../src/ports/live.ts';
import { openTestDatabase } from '../../support/database.ts';
import { quietLog } from '../../support/live.ts';
import { makeAgent, makeFloor } from './floor.ts';

export const chatPassword = 'correct horse battery';
const nothing = { legs: [], protectedBy: null, inQueue: true, paused: false, controlRefusal: null };

export async function startChatServer(
  people: readonly { login: string; name: string; roles: Role[]; team: string }[],
) {
  const database = await openTestDatabase();
  const { db } = database;
  const config = { publicUrl: null, sessionHours: 12, trustProxy: false };
  const audit = { write: async () => {} };
  const accounts = createAccounts({
    ...{ db, clock: systemClock, log: quietLog, config },
    audit: audit as unknown as Parameters<typeof createAccounts>[0]['audit'],
    writeDetails: writePersonDetails,
  });
  const ids = new Map<string, string>();
  for (const { team, ...person } of people) {
    const made = { ...person, password: chatPassword, teams: [team] };
    ids.set(person.login, (await accounts.people.create('command-line', made)).id);
  }
  const directory = createPeopleDirectory({ db });
  await directory.refresh();
  const sessions = accounts.liveSessions(directory);
  const views = new Map<string, AgentView>();
  for (const person of directory.all()) {
    if (!person.roles.includes('agent')) continue;
    const { mayDo: _, ...made } = makeAgent(0, Date.now(), false);
    const { id, name, teams } = person;
    const row = { ...made, id, name, teams: [...teams], state: 'available' as const, calls: [], queues: [] };
    views.set(id, { row, teamIds: teams.map((team) => team.id), facts: { ...nothing, screen: 'off' } });
  }
  const presence = createPanelPresence();
  const connections = createConnections({ log: quietLog });
  const shift = { agent: (id: string) => views.get(id), agents: () => views.values() };
  const chat = createChat({
    ...{ db, people: directory, shift, sessions, presence, connections },
    ...{ audit, clock: systemClock, log: quietLog },
  });
  const app = await createHttpServer({
    ...{ config, version: '0', log: quietLog, sessions: accounts, staticFolder: webFolder() },
    routes: [...accounts.routes, chat.routes],
    metrics: createMetrics(),
    readiness: async () => ({ ready: true, checks: {} }),
    requestsPerMinute: 100_000,
  });
  const viewers = new Map<string, Parameters<typeof mayDo>[0]['viewer']>();
  const floor = (scope: string) => {
    const viewer = viewers.get(scope)!;
    const agents = [...views.values()].map(({ row, teamIds, facts }) => ({
      ...row,
      mayDo: mayDo({ viewer, agent: { id: row.id, teamIds, state: row.state, ...facts } }),
    }));
    return { ...makeFloor({ agents: 0 }), agents };
  };
  const sockets = createSockets({
    server: app.server,
    publicUrl: null,
    feed: {
      join(viewer) {
        viewers.set(viewer.personId, { ...viewer, device: null, browserPhone: false });
        return viewer.personId;
      },
      leave() {},
      scopeOf: (viewer) => viewer.personId,
      snapshot: floor,
      onChange: () => () => {},
    },
    agentPages: {
      join() {},
      leave() {},
      snapshot(personId): AgentPage {
        const told = { policy: defaultPolicy, supervisions: [], outside: [], queueName: (id: string) => id };
        const me = ownAgent({ view: views.get(personId)!, ...told });
        const at = new Date().toISOString();
        return { seq: 0, at, me, pauseReasons: [], mayMarkPrivate: false };
      },
      onChange: () => () => {},
    },
    ...{ sessions, presence, connections, log: quietLog },
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  return {
    url,
    db,
    chat,
    sessions,
    idOf: (login: string) => ids.get(login)!,
    /** The value of the session's cookie. */
    async signIn(login: string): Promise<string> {
      const answer = await fetch(`${url}/api/session`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ login, password: chatPassword }),
      });
      const cookie = answer.headers.getSetCookie()[0]?.split(';')[0];
      if (!cookie) throw new Error(`${login} could not sign in: ${answer.status}`);
      return cookie;
    },
    async close() {
      chat.stop();
      accounts.close();
      await sockets.close();
      await app.close();
      presence.stop();
      await database.close();
    },
  };
}
