import { parse } from 'csv-parse/sync';
import type { Test } from 'tap';
import t from 'tap';
import { v7 } from 'uuid';
import type { Call } from '../../../src/contract/calls.ts';
import { AppError } from '../../../src/contract/errors.ts';
import type { Criterion } from '../../../src/contract/evaluations.ts';
import { defaultPolicy, type Policy } from '../../../src/contract/policy.ts';
import { createPeopleDirectory } from '../../../src/features/agents/people-directory.ts';
import { evaluationsRoutes } from '../../../src/features/evaluations/evaluations.routes.ts';
import { createEvaluations } from '../../../src/features/evaluations/evaluations.service.ts';
import { scoreOf } from '../../../src/features/evaluations/score.ts';
import { accountsServer, makePerson } from '../../support/accounts-server.ts';
import { buildCall } from '../../support/live.ts';

const criteria: Criterion[] = [
  { id: 'greeting', label: 'Accueil', max: 5, weight: 1 },
  { id: 'solution', label: '=Solution', max: 10, weight: 3 },
];

/** Evaluations over HTTP; calls are those a test puts there, and everybody may see them. */
async function evaluationsServer(t: Test) {
  const calls = new Map<string, Call>();
  let policy: Policy = defaultPolicy;
  let directory!: ReturnType<typeof createPeopleDirectory>;
  const server = await accountsServer(t, {
    more({ database, clock, audit }) {
      directory = createPeopleDirectory({ db: database.db });
      const evaluations = createEvaluations({
        db: database.db,
        clock,
        audit,
        people: directory,
        policy: { current: () => policy },
        async callOf(_viewer, id) {
          const call = calls.get(id);
          if (!call) throw new AppError('call-not-found');
          return call;
        },
      });
      return { routes: [evaluationsRoutes(evaluations)] };
    },
  });
  return {
    ...server,
    setPolicy(part: Partial<Policy>) {
      policy = { ...defaultPolicy, ...part };
    },
    async person(login: string, roles: Parameters<typeof makePerson>[1]['roles'], teams = ['North']) {
      const id = await makePerson(server, { login, name: `Name of ${login}`, roles: roles ?? [], teams });
      await directory.refresh();
      return { id, cookie: await server.signIn(login) };
    },
    talkOf(agentId: string): string {
      const id = v7();
      const segment = { device: 'PJSIP/1', from: '', to: '', talkMs: 1, holdMs: 0, endedBecause: null };
      calls.set(id, buildCall({ id, segments: [{ ...segment, agent: { id: agentId, name: 'Alice' } }] }));
      return id;
    },
  };
}

t.test('the score is the weighted share of what was marked', async (t) => {
  const rows: [Record<string, number>, number | null][] = [
    [{}, null],
    [{ greeting: 5, solution: 10 }, 100],
    [{ greeting: 0, solution: 0 }, 0],
    [{ greeting: 5 }, 100],
    [{ greeting: 0, solution: 10 }, 75],
    [{ greeting: 4, solution: 7 }, 72.5],
  ];
  for (const [marks, expected] of rows) t.equal(scoreOf(criteria, marks), expected, JSON.stringify(marks));
});

t.test('managers define the grid; an evaluation keeps the one it was made with', async (t) => {
  const server = await evaluationsServer(t);
  const { ask } = server;
  const manager = await server.person('manager', ['manager']);
  const sup = await server.person('sup', ['supervisor']);
  const agent = await server.person('agent', ['agent']);
  const grid = (body: unknown, cookie = manager.cookie, headers: Record<string, string> = {}) =>
    ask('PUT', '/api/evaluation-grid', { body, cookie, headers });
  t.match((await ask('GET', '/api/evaluation-grid', { cookie: sup.cookie })).body, {
    version: 0,
    criteria: [],
  });
  t.match(await grid({ criteria }, sup.cookie), { status: 403 });
  t.match(await ask('GET', '/api/evaluation-grid', { cookie: agent.cookie }), { status: 403 });
  t.match(await grid({ criteria }, manager.cookie, { 'if-match': '"0"' }), {
    status: 200,
    body: { version: 1 },
  });
  t.match(await grid({ criteria }, manager.cookie, { 'if-match': '"0"' }), {
    status: 409,
    body: { code: 'grid-changed-meanwhile' },
  });
  for (const wrong of [
    [],
    [criteria[0], criteria[0]],
    [{ ...criteria[0], max: 101 }],
    [{ ...criteria[0], weight: 0 }],
    [{ ...criteria[0], label: ' ' }],
    [{ ...criteria[0], id: '../x' }],
    Array.from({ length: 31 }, (_, i) => ({ ...criteria[0], id: `c${i}` })),
  ])
    t.match(await grid({ criteria: wrong }), { status: 400, body: { code: 'validation-failed' } });
  const most = Array.from({ length: 30 }, (_, i) => ({ id: `c${i}`, label: 'x', max: 100, weight: 100 }));
  t.match(await grid({ criteria: most }), { status: 200 }, 'each at its limit');
  t.match(await grid({ criteria }), { status: 200, body: { version: 3 } });

  const callId = server.talkOf(agent.id);
  const body = { agentId: agent.id, gridVersion: 3, marks: { greeting: 4 }, comment: '' };
  t.match(await ask('POST', `/api/calls/${callId}/evaluations`, { cookie: sup.cookie, body }), {
    status: 201,
  });
  await grid({ criteria: most });
  const [kept] = (await ask('GET', '/api/evaluations', { cookie: sup.cookie })).body.items;
  t.same(kept.criteria, criteria);
  t.equal(kept.score, 80);
});

t.test(
  'one evaluation a call and supervisor; its author changes it for a day, nobody else ever',
  async (t) => {
    const server = await evaluationsServer(t);
    const { ask, time } = server;
    const manager = await server.person('manager', ['manager']);
    const sup = await server.person('sup', ['supervisor']);
    const south = await server.person('south', ['supervisor'], ['South']);
    const agent = await server.person('agent', ['agent']);
    const both = await server.person('both', ['supervisor', 'agent']);
    await ask('PUT', '/api/evaluation-grid', { cookie: manager.cookie, body: { criteria } });
    const callId = server.talkOf(agent.id);
    const wish = {
      agentId: agent.id,
      gridVersion: 1,
      marks: { greeting: 5, solution: 5 },
      comment: 'Très bien',
    };
    const add = (cookie: string, part: object = {}, call = callId) =>
      ask('POST', `/api/calls/${call}/evaluations`, { cookie, body: { ...wish, ...part } });

    const rows: [string, string, object, string, number, string][] = [
      ['an agent', agent.cookie, {}, callId, 403, 'not-allowed'],
      ['of another team', south.cookie, {}, callId, 403, 'outside-your-teams'],
      ['no such call', sup.cookie, {}, v7(), 404, 'call-not-found'],
      ['no such agent', sup.cookie, { agentId: v7() }, callId, 404, 'agent-not-found'],
      ['who was not in the call', sup.cookie, { agentId: both.id }, callId, 409, 'call-not-agents'],
      ['himself', both.cookie, { agentId: both.id }, server.talkOf(both.id), 409, 'own-call'],
      ['an old grid', sup.cookie, { gridVersion: 7 }, callId, 409, 'grid-changed-meanwhile'],
      ['a mark over its limit', sup.cookie, { marks: { greeting: 6 } }, callId, 400, 'validation-failed'],
      ['a mark of nothing', sup.cookie, { marks: { charm: 1 } }, callId, 400, 'validation-failed'],
      ['half a mark', sup.cookie, { marks: { greeting: 1.5 } }, callId, 400, 'validation-failed'],
      ['nothing said', sup.cookie, { marks: {}, comment: ' ' }, callId, 400, 'validation-failed'],
      ['a comment too long', sup.cookie, { comment: 'x'.repeat(4_001) }, callId, 400, 'validation-failed'],
    ];
    for (const [what, cookie, part, call, status, code] of rows)
      t.match(await add(cookie, part, call), { status, body: { code } }, what);

    const [first, second] = await Promise.all([add(sup.cookie), add(sup.cookie)]);
    t.same([first.status, second.status].sort(), [201, 409], 'two clicks make one');
    const made = first.status === 201 ? first.body : second.body;
    t.match(made, { score: 62.5, editable: true, by: { id: sup.id }, agent: { id: agent.id } });
    t.match(await add(manager.cookie), { status: 201 }, 'another supervisor has his own');

    const change = (cookie: string) =>
      ask('PATCH', `/api/evaluations/${made.id}`, {
        cookie,
        body: { marks: { solution: 10 }, comment: 'x'.repeat(4_000) },
      });
    t.match(await change(sup.cookie), { status: 200, body: { score: 100 } });
    t.match(await change(manager.cookie), { status: 403 }, 'a manager reads it, and does not change it');
    t.match(await change(south.cookie), { status: 404 });
    time.now += 24 * 3_600_000 - 1;
    const again = await server.signIn('sup');
    t.match(await change(again), { status: 200 }, 'to the last millisecond');
    time.now += 1;
    t.match(await change(again), { status: 409, body: { code: 'evaluation-closed' } });
    t.match((await ask('GET', `/api/evaluations?author=${sup.id}`, { cookie: again })).body.items, [
      { editable: false },
    ]);

    const audited = await ask('GET', `/api/audit?call=${callId}`, { cookie: await server.signIn('manager') });
    t.same(audited.body.items.map((one: { action: string }) => one.action).sort(), [
      'evaluation.changed',
      'evaluation.changed',
      'evaluation.written',
      'evaluation.written',
    ]);
    t.notMatch(
      JSON.stringify(audited.body.items.map((one: { details: object }) => one.details)),
      /bien|Accueil/,
    );
  },
);

t.test(
  'its author, managers and, if the policy says so, the agent read it; filtered, paged and as CSV',
  async (t) => {
    const server = await evaluationsServer(t);
    const { ask, time } = server;
    const manager = await server.person('manager', ['manager']);
    const sup = await server.person('sup', ['supervisor']);
    const other = await server.person('other', ['supervisor']);
    const agent = await server.person('agent', ['agent']);
    const bob = await server.person('bob', ['agent']);
    await ask('PUT', '/api/evaluation-grid', { cookie: manager.cookie, body: { criteria } });
    const first = new Date(time.now).toISOString();
    for (let i = 0; i < 7; i++) {
      // Two at one millisecond: pages lose none.
      time.now += i % 2 === 0 ? 1_000 : 0;
      const agentId = i === 6 ? bob.id : agent.id;
      await ask('POST', `/api/calls/${server.talkOf(agentId)}/evaluations`, {
        cookie: i === 5 ? manager.cookie : sup.cookie,
        body: {
          agentId,
          gridVersion: 1,
          marks: { greeting: i % 6 },
          comment: i === 0 ? '=cmd()\n<b>"a";b' : `n° ${i}`,
        },
      });
    }
    const list = async (query: string, cookie = manager.cookie) =>
      (await ask('GET', `/api/evaluations?${query}`, { cookie })).body;
    const seen: string[] = [];
    for (let cursor = ''; ; ) {
      const page = await list(`limit=2${cursor && `&cursor=${cursor}`}`);
      seen.push(...page.items.map((one: { comment: string }) => one.comment));
      if (!page.nextCursor) break;
      cursor = page.nextCursor;
    }
    t.equal(new Set(seen).size, 7);
    t.equal((await list('', sup.cookie)).items.length, 6, 'a supervisor reads his own');
    t.equal((await list('', other.cookie)).items.length, 0);
    t.equal((await list(`agent=${bob.id}`)).items.length, 1);
    t.equal((await list(`author=${manager.id}`)).items.length, 1);
    t.equal((await list('scoreMin=60&scoreMax=80')).items.length, 2);
    t.equal((await list(`to=${first}`)).items.length, 0);
    t.equal((await list(`from=${first}`)).items.length, 7);
    t.match(await list('cursor=x'), { code: 'bad-cursor' });
    t.match(await list('from=2026-12-31T23:59:60Z'), { code: 'validation-failed' });
    t.match(await ask('GET', '/api/evaluations', { cookie: agent.cookie }), { status: 403 });

    const mine = async (cookie: string) => (await ask('GET', '/api/evaluations/mine', { cookie })).body.items;
    t.same(await mine(agent.cookie), [], 'not unless the policy says so');
    server.setPolicy({ evaluationsShownToAgent: true });
    t.equal((await mine(agent.cookie)).length, 6);
    t.match(await mine(bob.cookie), [{ agent: { id: bob.id }, editable: false }], 'and his own only');

    const csv = await ask('GET', '/api/evaluations.csv?locale=fr', { cookie: manager.cookie });
    t.match(csv.headers.get('content-type'), /^text\/csv/);
    const rows = parse(csv.body, { delimiter: ';', columns: true, bom: true }) as Record<string, string>[];
    t.equal(rows.length, 7);
    t.equal(rows.at(-1)!['commentaire'], '\'=cmd()\n<b>"a";b', 'what begins like a formula is text');
    t.equal(rows[1]!['note'], '100');
  },
);
