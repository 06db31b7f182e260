import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import Fastify, { type FastifyInstance } from 'fastify';
import { Server } from 'socket.io';
import { sendSecurityHeaders } from '../../../src/adapters/http/security-headers.ts';
import { Agent } from '../../../src/contract/agents.ts';
import { CallsPage } from '../../../src/contract/calls.ts';
import type { ErrorCode } from '../../../src/contract/errors.ts';
import { errorRegistry } from '../../../src/contract/errors.ts';
import { LiveChange, LiveSnapshot } from '../../../src/contract/live.ts';
import { type Permission, permissionsOf, type Role } from '../../../src/contract/permissions.ts';
import { Session } from '../../../src/contract/session.ts';
import {
  type ChangeSupervision,
  HandOver,
  type StartSupervision,
  Supervision,
} from '../../../src/contract/supervisions.ts';
import { webFolder } from '../../../src/paths.ts';
import { makeCall, summarise } from './calls.ts';
import { checked } from './checked.ts';
import { adminRoutes } from './fixture-admin.ts';
import { policyRoutes } from './fixture-policy.ts';
import { type FloorOptions, makeFloor } from './floor.ts';
import { idOf } from './ids.ts';

export interface FixtureOptions extends FloorOptions {
  roles?: Role[];
  /** Rights the policy took from him. */
  withheld?: Permission[];
  signedIn?: boolean;
  device?: string | null;
  calls?: number;
}

/** The built panel in front of a made-up floor, speaking the real contract; every payload is checked against it. */
export async function startFixture(options: FixtureOptions) {
  const app = Fastify();
  await sendSecurityHeaders(app, null);
  const io = new Server(app.server);
  const live = io.of('/live');
  let floor = checked(LiveSnapshot, makeFloor(options));
  let signedIn = options.signedIn ?? true;
  let silent = false;
  let held = Promise.resolve();
  let letGo = () => {};
  /** Answers the named route (`POST /api/supervisions`) with this code until it is taken away. */
  const failures = new Map<string, ErrorCode>();
  let resyncs = 0;
  const ended = new Map<string, Supervision>();
  const requests: { method: string; url: string; body: unknown }[] = [];

  const session = checked(Session, makeSession(options));
  const me = { id: session.person.id, name: session.person.name };

  app.addHook('preHandler', async (request, reply) => {
    if (!request.url.startsWith('/api/')) return;
    requests.push({ method: request.method, url: request.url, body: request.body });
    const code = failures.get(`${request.method} ${request.url.split('?')[0]}`);
    const refused =
      code ?? (!signedIn && !request.url.startsWith('/api/session') ? 'not-signed-in' : undefined);
    if (refused) return await problem(reply, refused);
  });
  app.get('/api/session', (_, reply) => (signedIn ? session : problem(reply, 'not-signed-in')));
  app.post<{ Body: { password: string } }>('/api/session', (request, reply) => {
    if (request.body.password !== 'right-password') return problem(reply, 'bad-credentials');
    signedIn = true;
    return session;
  });
  app.put('/api/session/password', (_, reply) => reply.code(204).send());
  app.delete('/api/session', (_, reply) => {
    signedIn = false;
    return reply.code(204).send();
  });
  supervisionRoutes(app);
  callRoutes(app, options);
  adminRoutes(app, () => floor.agents);
  policyRoutes(app);
  await app.register(fastifyStatic, { root: webFolder() });
  app.setNotFoundHandler((request, reply) =>
    request.url.startsWith('/api/')
      ? problem(reply, 'not-found')
      : reply.sendFile('index.html', join(webFolder())),
  );

  live.use((_, next) =>
    signedIn ? next() : next(Object.assign(new Error('no'), { data: { code: 'not-signed-in' } })),
  );
  live.on('connection', (socket) => {
    if (!silent) socket.emit('snapshot', floor);
    socket.on('resync', () => {
      resyncs += 1;
      socket.emit('snapshot', floor);
    });
  });

  /** Numbers the change, sends it and keeps it in the floor. */
  function change(part: Omit<LiveChange, 'seq' | 'at'>): LiveChange {
    const next = checked(LiveChange, { seq: floor.seq + 1, at: new Date().toISOString(), ...part });
    next.at = new Date().toISOString();
    live.emit('change', next);
    floor = merge(floor, next);
    return next;
  }

  function supervisionRoutes(on: FastifyInstance): void {
    on.post<{ Body: StartSupervision }>('/api/supervisions', (request, reply) => {
      const { agentId, mode, scope, reason, device, callId } = request.body;
      const at = new Date().toISOString();
      const calls = callId ? [{ callId, from: at, to: null }] : [];
      const row = checked(Supervision, {
        id: idOf('supervision', 1000 + floor.seq),
        agentId,
        by: me,
        calls,
        mode,
        scope,
        device,
        state: 'starting',
        reason,
        startedAt: at,
        endedAt: null,
        endedBecause: null,
        onHold: false,
        paused: false,
        endsAt: null,
        question: null,
        unheard: null,
      });
      change({ supervisions: [row], agents: [supervised(agentId, row)] });
      return held.then(() => reply.code(201).send(row));
    });
    on.patch<{ Body: ChangeSupervision; Params: { id: string } }>('/api/supervisions/:id', (request) => {
      const before = floor.supervisions.find(({ id }) => id === request.params.id)!;
      const { mode = before.mode, paused = before.paused, goOn } = request.body;
      const row = { ...before, mode, paused, question: goOn ? null : before.question };
      change({ supervisions: [row], agents: [supervised(row.agentId, row)] });
      return row;
    });
    on.get<{ Params: { id: string } }>(
      '/api/supervisions/:id',
      (request, reply) => ended.get(request.params.id) ?? problem(reply, 'supervision-not-found'),
    );
    on.post<{ Body: HandOver; Params: { id: string } }>('/api/supervisions/:id/hand-over', (request) => {
      checked(HandOver, request.body);
      const row = {
        ...floor.supervisions.find(({ id }) => id === request.params.id)!,
        state: 'waiting' as const,
      };
      change({ supervisions: [row] });
      return row;
    });
    on.post<{ Body: HandOver }>('/api/calls/:id/move', (request, reply) => {
      checked(HandOver, request.body);
      return reply.code(204).send();
    });
    on.delete<{ Params: { id: string } }>('/api/supervisions/:id', (request) =>
      endSupervision(request.params.id, 'stopped'),
    );
  }

  function supervised(agentId: string, row: Supervision | null): Agent {
    const agent = floor.agents.find(({ id }) => id === agentId)!;
    const supervisions = row
      ? [{ id: row.id, by: me, mode: row.mode, state: row.state, since: row.startedAt }]
      : [];
    return { ...agent, supervisions };
  }

  function endSupervision(id: string, endedBecause: Supervision['endedBecause']): Supervision {
    const row = floor.supervisions.find((one) => one.id === id)!;
    const over: Supervision = { ...row, state: 'ended', endedAt: new Date().toISOString(), endedBecause };
    ended.set(id, over);
    // The live board says only that it is gone; why is asked for.
    change({
      agents: [supervised(row.agentId, null)],
      gone: { supervisions: [id] },
    });
    return over;
  }

  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    me,
    live,
    failures,
    requests,
    change,
    endSupervision,
    floor: () => floor,
    agent: (id: string) =>
      checked(
        Agent,
        floor.agents.find((one) => one.id === id),
      ),
    resyncs: () => resyncs,
    /** Sends a change with a number that was never announced. */
    skip: (n: number) => {
      floor = { ...floor, seq: floor.seq + n };
    },
    /** While held, started supervisions run but their replies wait. */
    holdReplies: (now: boolean) => {
      letGo();
      if (now) {
        held = new Promise((resolve) => {
          letGo = resolve;
        });
      }
    },
    /** While silent, nobody is let in or told anything. */
    beSilent: (now: boolean) => {
      silent = now;
    },
    signOutEverybody: () => {
      signedIn = false;
      live.emit('signed-out', { code: 'not-signed-in' });
    },
    async close() {
      await io.close();
      await app.close();
    },
  };
}
export type Fixture = Awaited<ReturnType<typeof startFixture>>;

function makeSession({ roles = ['manager'], device = 'PJSIP/2001', withheld = [] }: FixtureOptions): Session {
  return {
    person: {
      id: idOf('person', 1),
      login: 'camille',
      name: 'Camille Roux',
      roles,
      teams: [{ id: idOf('team', 0), name: 'Paris – Support' }],
      device,
    },
    permissions: [...permissionsOf(roles)].filter((one) => !withheld.includes(one)),
    expiresAt: new Date(Date.now() + 12 * 3_600_000).toISOString(),
  };
}

function callRoutes(app: FastifyInstance, { calls = 240, nowMs = Date.now() }: FixtureOptions): void {
  const all = Array.from({ length: calls }, (_, n) => makeCall(n, nowMs));
  app.get<{ Querystring: { cursor?: string; limit?: string; state?: string; q?: string } }>(
    '/api/calls',
    (request) => {
      const { cursor = '0', limit = '50', state, q } = request.query;
      const matching = all.filter(
        (call) => (!state || call.state === state) && (!q || JSON.stringify(call).includes(q)),
      );
      const to = Number(cursor) + Number(limit);
      const nextCursor = to < matching.length ? String(to) : null;
      return checked(CallsPage, {
        items: matching.slice(Number(cursor), to),
        nextCursor,
        summary: summarise(matching),
      });
    },
  );
  app.get<{ Params: { id: string } }>(
    '/api/calls/:id',
    (request, reply) => all.find(({ id }) => id === request.params.id) ?? problem(reply, 'call-not-found'),
  );
  app.get('/api/calls.csv', (_, reply) =>
    reply.type('text/csv').header('content-disposition', 'attachment; filename="calls.csv"').send('id\n1\n'),
  );
}

function problem(
  reply: { code(status: number): { type(type: string): { send(body: unknown): unknown } } },
  code: ErrorCode,
) {
  const { status, title } = errorRegistry[code];
  return reply
    .code(status)
    .type('application/problem+json')
    .send({ type: `urn:vigie:error:${code}`, title, status, code, detail: title });
}

function merge(floor: LiveSnapshot, change: LiveChange): LiveSnapshot {
  const rows = <T>(
    before: T[],
    put: T[] | undefined,
    gone: string[] | undefined,
    id: (row: T) => string,
  ): T[] => {
    const kept = new Map(before.map((row) => [id(row), row]));
    for (const row of put ?? []) kept.set(id(row), row);
    for (const one of gone ?? []) kept.delete(one);
    return [...kept.values()];
  };
  const { gone } = change;
  return {
    seq: change.seq,
    at: change.at,
    agents: rows(floor.agents, change.agents, gone?.agents, ({ id }) => id),
    queues: rows(floor.queues, change.queues, gone?.queues, ({ id }) => id),
    calls: rows(floor.calls, change.calls, gone?.calls, ({ id }) => id),
    supervisions: rows(floor.supervisions, change.supervisions, gone?.supervisions, ({ id }) => id),
    outsideListenings: rows(
      floor.outsideListenings,
      change.outsideListenings,
      gone?.outsideListenings,
      ({ id }) => id,
    ),
    pbxs: rows(floor.pbxs, change.pbxs, undefined, ({ name }) => name),
    thresholds: change.thresholds ?? floor.thresholds,
  };
}
