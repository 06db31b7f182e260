import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import { PauseReasons } from '../../../src/contract/agent-page.ts';
import { type Agent, AgentsPage, DiscoveredEndpoint, NewAgent } from '../../../src/contract/agents.ts';
import { AlertThresholds, defaultThresholds } from '../../../src/contract/alerts.ts';
import { PeoplePage } from '../../../src/contract/people.ts';
import { QueuesPage } from '../../../src/contract/queues.ts';
import { TeamsPage } from '../../../src/contract/teams.ts';
import { checked } from './checked.ts';
import { auditRoutes } from './fixture-audit.ts';
import { makeAgent } from './floor.ts';
import { idOf } from './ids.ts';

const csvProblems = [
  { row: 3, column: 'endpoint', problem: 'must match pattern' },
  { row: 7, column: 'name', problem: 'must NOT have fewer than 1 characters' },
];

/** Agents, teams, queues, logins: enough to show the pages and to take one of each. */
export function adminRoutes(app: FastifyInstance, agents: () => readonly Agent[]): void {
  const added: Agent[] = [];
  auditRoutes(app);
  app.addContentTypeParser('text/csv', { parseAs: 'string' }, (_, body, done) => done(null, body));
  app.get<{ Querystring: { q?: string } }>('/api/agents', (request) => {
    const q = request.query.q?.toLowerCase() ?? '';
    const items = [...added, ...agents()].filter(({ name }) => name.toLowerCase().includes(q)).slice(0, 100);
    return checked(AgentsPage, { items, nextCursor: null });
  });
  app.get('/api/agents/discovered', () => ({
    items: checked(
      Type.Array(DiscoveredEndpoint),
      [
        { pbx: 'main', device: 'PJSIP/1001', online: true, suggestedName: 'Alice Martin' },
        { pbx: 'main', device: 'PJSIP/1002', online: false, suggestedName: null },
      ].filter(({ device }) => !added.some(({ devices }) => devices.includes(device))),
    ),
  }));
  app.post<{ Body: NewAgent }>('/api/agents', (request, reply) => {
    const given = checked(NewAgent, request.body);
    const devices = given.devices ?? [given.endpoint!].filter(Boolean);
    const agent = { ...makeAgent(5000 + added.length, Date.now(), false), name: given.name, devices };
    added.push(agent);
    return reply.code(201).send(agent);
  });
  app.patch('/api/agents/:id', () => agents()[0]);
  app.post<{ Body: string }>('/api/agents/import', (request, reply) => {
    if (!request.body.includes('wrong')) return { imported: 2, items: [] };
    return reply
      .code(400)
      .type('application/problem+json')
      .send({ code: 'bad-csv', status: 400, title: 'bad', detail: 'bad', problems: csvProblems });
  });
  app.get('/api/teams', () =>
    checked(TeamsPage, {
      items: ['Paris – Support', 'Lyon – Ventes'].map((name, i) => ({ id: idOf('team', i), name })),
      nextCursor: null,
    }),
  );
  app.post<{ Body: { name: string } }>('/api/teams', (request, reply) =>
    reply.code(201).send({ id: idOf('team', 9), name: request.body.name }),
  );
  app.get('/api/queues', () =>
    checked(QueuesPage, {
      items: ['support', 'ventes'].map((id) => ({
        id,
        pbx: 'main',
        name: id,
        teams: [],
        serviceLevelTargetMs: 20_000,
        origin: 'seen',
      })),
      nextCursor: null,
    }),
  );
  app.put('/api/queues/:id', () => ({}));
  app.get('/api/alert-thresholds', () => defaultThresholds);
  app.put<{ Body: AlertThresholds }>('/api/alert-thresholds', ({ body }) => checked(AlertThresholds, body));
  app.get('/api/pause-reasons', () =>
    checked(PauseReasons, {
      items: [
        { name: 'Déjeuner', overMinutes: 60 },
        { name: 'Formation', overMinutes: null },
      ],
    }),
  );
  app.put<{ Body: PauseReasons }>('/api/pause-reasons', ({ body }) => checked(PauseReasons, body));
  app.get('/api/people', () => {
    const createdAt = new Date().toISOString();
    const person = (n: number, name: string, disabled: boolean) => ({
      id: idOf('person', n),
      login: `user${n}`,
      name,
      roles: ['supervisor'],
      teams: [{ id: idOf('team', 0), name: 'Paris – Support' }],
      pbx: 'main',
      devices: ['PJSIP/2001'],
      disabled,
      lastSeenAt: disabled ? null : createdAt,
      createdAt,
    });
    return checked(PeoplePage, {
      items: [person(1, 'Camille Roux', false), person(2, 'Nadia Cohen', true)],
      nextCursor: null,
    });
  });
}
