/**
 * Who may call which route on whom, written down a second time and apart from the routes themselves: a route without a
 * rule here fails the build, and so does a rule that the server does not keep.
 */
import type { Permission } from '../../src/contract/permissions.ts';

/** Ids of the things of one team, or of none. */
export interface Targets {
  agent: string;
  call: string;
  supervision: string;
  /** Somebody who is no agent of the live board: a login of that team. */
  person: string;
}

export interface Rule {
  /** Any one of these; `anyone` signed in; `public`; `token`, which nobody of these has. */
  needs: readonly Permission[] | 'anyone' | 'public' | 'token';
  /**
   * `everything`: no difference whose it is. `teams`: what is asked for must be of the viewer's teams; a manager has every
   * team, and where `adminToo` is said an administrator as well. `self`: the viewer's own only.
   */
  on: 'everything' | 'teams' | 'self';
  adminToo?: boolean;
  /** The verb itself asks for the right, and may not even say that there is such a thing. */
  inVerb?: boolean;
  /** The path with its ids; the route's own when it has none. */
  path?: (targets: Targets) => string;
  body?: (targets: Targets, viewerId: string) => unknown;
  /** Of who may, in his teams: what may come instead of success, because there is no PBX and no call here. */
  instead?: readonly number[];
  /** Changes or ends what the other cells need: only those who may not are tried. */
  onlyRefusals?: boolean;
}

const everything = (needs: Rule['needs'], more: Partial<Rule> = {}): Rule => ({
  needs,
  on: 'everything',
  ...more,
});
const teams = (needs: Rule['needs'], path: Rule['path'], more: Partial<Rule> = {}): Rule => ({
  needs,
  on: 'teams',
  ...(path ? { path } : {}),
  ...more,
});
const agentPath =
  (rest = '') =>
  (one: Targets) =>
    `/api/agents/${one.agent}${rest}`;
const callPath =
  (rest = '') =>
  (one: Targets) =>
    `/api/calls/${one.call}${rest}`;
const supervisionPath =
  (rest = '') =>
  (one: Targets) =>
    `/api/supervisions/${one.supervision}${rest}`;
const refusals = { onlyRefusals: true };
const notNow = { instead: [404, 409, 502, 503] };
const nobodyId = '01a1fd10-dcb8-70e5-b733-00000000dead';

export const rules: Record<string, Rule> = {
  'POST /api/session': everything('public', refusals),
  'GET /api/session': everything('anyone'),
  'DELETE /api/session': everything('public', refusals),
  'PUT /api/session/password': everything('anyone', refusals),

  // For programs that know a token of the settings: nobody who signs in.
  'POST /api/pbxs/:pbx/journal': everything('token', { path: () => '/api/pbxs/main/journal' }),

  'GET /api/people': everything(['people.edit']),
  'POST /api/people': everything(['people.edit'], refusals),
  'GET /api/people/:id': everything(['people.edit'], { path: (one) => `/api/people/${one.person}` }),
  'PATCH /api/people/:id': everything(['people.edit'], {
    path: (one) => `/api/people/${one.person}`,
    body: () => ({}),
    ...refusals,
  }),
  'DELETE /api/people/:id/sessions': everything(['people.edit'], {
    path: (one) => `/api/people/${one.person}/sessions`,
  }),

  'GET /api/agents': everything(['agents.view']),
  'GET /api/agents/discovered': everything(['agents.edit']),
  'POST /api/agents': everything(['agents.edit'], refusals),
  'POST /api/agents/import': everything(['agents.edit'], refusals),
  'GET /api/agents/:id': teams(['agents.view'], agentPath(), { adminToo: true }),
  'PATCH /api/agents/:id': teams(['agents.edit'], agentPath(), {
    adminToo: true,
    body: () => ({ publicName: 'P' }),
  }),
  'GET /api/teams': everything(['agents.view']),
  'POST /api/teams': everything(['teams.edit'], refusals),
  'PATCH /api/teams/:id': everything(['teams.edit'], { path: () => `/api/teams/${nobodyId}`, ...refusals }),
  'DELETE /api/teams/:id': everything(['teams.edit'], {
    path: () => `/api/teams/${nobodyId}`,
    instead: [404],
  }),
  'GET /api/queues': everything(['agents.view']),

  'PUT /api/queues/:id': everything(['queues.edit'], { path: () => '/api/queues/main:q', ...refusals }),

  'GET /api/live': everything(['live.view']),
  'GET /api/alert-thresholds': everything(['live.view']),
  'PUT /api/alert-thresholds': everything(['queues.edit'], refusals),
  'POST /api/phone': everything('anyone', { ...notNow, ...refusals }),

  'GET /api/calls': everything(['calls.view']),
  'GET /api/calls.csv': everything(['calls.view']),
  'GET /api/calls/:id': teams(['calls.view'], callPath()),

  'POST /api/supervisions': teams(['supervision.listen'], undefined, {
    body: ({ agent }) => ({
      agentId: agent,
      mode: 'listen',
      scope: 'call',
      reason: 'Quality',
      device: 'phone',
    }),
    ...notNow,
  }),
  'GET /api/supervisions': everything(['live.view']),
  'GET /api/supervisions/:id': teams(['live.view'], supervisionPath()),
  'PATCH /api/supervisions/:id': teams(['supervision.listen'], supervisionPath(), {
    body: () => ({ mode: 'listen' }),
    ...notNow,
  }),
  'DELETE /api/supervisions/:id': teams(['supervision.listen'], supervisionPath(), notNow),

  'POST /api/supervisions/:id/hand-over': teams(['supervision.intercept'], supervisionPath('/hand-over'), {
    body: ({ agent }) => ({ agentId: agent }),
    ...notNow,
  }),
  'POST /api/calls/:id/move': teams(['calls.move'], callPath('/move'), {
    body: ({ agent }) => ({ agentId: agent }),
    ...notNow,
  }),

  'PUT /api/agents/:id/pause': teams(['agents.control'], agentPath('/pause'), {
    inVerb: true,
    body: () => ({ paused: false }),
    ...notNow,
  }),
  'PUT /api/agents/:id/queues/:queue': teams(['agents.control'], agentPath('/queues/main:q'), {
    body: () => ({ penalty: 0 }),
    ...notNow,
  }),
  'DELETE /api/agents/:id/queues/:queue': teams(['agents.control'], agentPath('/queues/main:q'), notNow),
  'POST /api/agents/:id/log-out': teams(['agents.control'], agentPath('/log-out'), notNow),
  'POST /api/agents/:id/help': {
    needs: ['agent-page'],
    on: 'self',
    path: agentPath('/help'),
    body: () => ({}),
  },
  'DELETE /api/agents/:id/help': teams(['agents.control', 'live.view'], agentPath('/help'), {
    inVerb: true,
    ...notNow,
  }),
  'GET /api/pause-reasons': everything('anyone'),
  'PUT /api/pause-reasons': everything(['queues.edit'], refusals),

  'GET /api/policy': everything(['policy.view']),
  'PUT /api/policy': everything(['policy.edit'], refusals),
  'GET /api/policy/versions': everything(['policy.view']),
  'GET /api/policy/retention': everything(['policy.view']),
  'POST /api/calls/:id/private': {
    needs: ['agent-page'],
    on: 'self',
    path: callPath('/private'),
    body: () => ({}),
  },
  'DELETE /api/calls/:id/private': { needs: ['agent-page'], on: 'self', path: callPath('/private') },
  'POST /api/calls/:id/objection': {
    needs: ['agent-page', 'supervision.listen'],
    on: 'self',
    inVerb: true,
    path: callPath('/objection'),
  },
  'DELETE /api/calls/:id/objection': {
    needs: ['agent-page', 'supervision.listen'],
    on: 'self',
    inVerb: true,
    path: callPath('/objection'),
  },

  'GET /api/chat/threads': everything('anyone', { instead: [403] }),
  'GET /api/chat/threads/:id/messages': everything('anyone', {
    path: () => `/api/chat/threads/${nobodyId}/messages`,
    instead: [403, 404],
  }),
  'PUT /api/chat/threads/:id/read': everything('anyone', {
    path: () => `/api/chat/threads/${nobodyId}/read`,
    body: () => ({ throughSeq: 1 }),
    instead: [403, 404],
  }),
  'GET /api/chat/messages': everything('anyone', refusals),
  'POST /api/chat/messages': teams(['chat.write'], undefined, {
    body: ({ agent }, supervisorId) => ({
      agentId: agent,
      supervisorId,
      clientId: crypto.randomUUID(),
      text: 'Bonjour',
    }),
    instead: [409],
  }),
  'GET /api/chat/supervisors': everything(['agent-page']),
  'POST /api/chat/broadcasts': everything(['chat.write'], refusals),
  'GET /api/chat/ready-made': everything(['chat.write']),
  'PUT /api/chat/ready-made': everything(['chat.read-all'], refusals),
  'GET /api/calls/:id/messages': everything('anyone', { path: callPath('/messages') }),

  'POST /api/screens': teams(['screens.watch'], undefined, {
    body: ({ agent }) => ({ agentId: agent, scope: 'agent', reason: 'Quality' }),
    ...notNow,
  }),
  'DELETE /api/screens/:id': everything(['screens.watch'], {
    path: () => `/api/screens/${nobodyId}`,
    instead: [404],
  }),
  'GET /api/screens': everything(['screens.watch']),

  'GET /api/evaluation-grid': everything('anyone', { instead: [403] }),
  'PUT /api/evaluation-grid': everything(['policy.edit'], refusals),
  'POST /api/calls/:id/evaluations': teams(['evaluations.write'], callPath('/evaluations'), {
    body: ({ agent }) => ({ agentId: agent, gridVersion: 1, marks: {}, comment: '' }),
    ...notNow,
  }),
  'PATCH /api/evaluations/:id': everything(['evaluations.write'], {
    path: () => `/api/evaluations/${nobodyId}`,
    body: () => ({ marks: {}, comment: '' }),
    instead: [404],
  }),
  'GET /api/evaluations': everything(['evaluations.write', 'evaluations.view-all']),
  'GET /api/evaluations/mine': everything(['agent-page']),
  'GET /api/evaluations.csv': everything(['evaluations.write', 'evaluations.view-all']),

  'GET /api/audit': everything(['audit.view']),
  'GET /api/audit/verify': everything(['audit.view']),
  'GET /api/audit.csv': everything(['audit.view']),

  'GET /healthz': everything('public'),
  'GET /readyz': everything('public'),
  'GET /metrics': everything('public'),
  'GET /openapi.json': everything('public'),
};
