/** Records in a real PostgreSQL: written once, found by those who may see them, exported. */
import { parse } from 'csv-parse/sync';
import fastify from 'fastify';
import t from 'tap';
import { v7 } from 'uuid';
import { validatorCompiler } from '../../../src/adapters/http/validation.ts';
import type { Call } from '../../../src/contract/calls.ts';
import { AppError } from '../../../src/contract/errors.ts';
import type { Database } from '../../../src/database/database.ts';
import { openDatabase } from '../../../src/database/database.ts';
import { callsRoutes } from '../../../src/features/calls/calls.routes.ts';
import { createCalls } from '../../../src/features/calls/calls.ts';
import { csvColumns, safeCell } from '../../../src/features/calls/calls-csv.ts';
import { textLimits } from '../../../src/features/calls/clean-text.ts';
import type { EndedCall } from '../../../src/features/calls/live-calls.ts';
import { createRecordWriter, writeLimits } from '../../../src/features/calls/record-writer.ts';
import { systemClock } from '../../../src/ports/clock.ts';
import type { TelephonyFact } from '../../../src/ports/telephony-facts.ts';
import { makeViewer, type Viewer } from '../../../src/ports/viewer.ts';
import { peopleOf, quietLog } from '../../support/calls-people.ts';
import { testDatabase } from '../../support/database.ts';
import { foldBench, labPeople, lateFactsMs, transcripts } from '../../support/transcripts.ts';

const all = transcripts();
const manager = makeViewer({ id: v7(), name: 'Manager', roles: ['manager'], teamIds: [] });
const named = (part: string) => all.find(({ name }) => name.includes(part))!.facts;

/** The facts of a transcript under other unique ids and at another time. */
function again(facts: readonly TelephonyFact[], n: number, shiftMs = 0): TelephonyFact[] {
  const text = JSON.stringify(facts).replaceAll(/(calls-\w+)-(\d+\.\d+)/g, `$1-${n}-$2`);
  return (JSON.parse(text) as TelephonyFact[]).map((fact) => {
    fact.atMs += shiftMs;
    if ('leg' in fact) fact.leg.createdAtMs += shiftMs;
    if (fact.kind === 'dial') fact.peer.createdAtMs += shiftMs;
    if (fact.kind === 'bridge-entered' || fact.kind === 'bridge-left') fact.bridgeId += `-${n}`;
    return { ...fact, generation: fact.generation + n };
  });
}

async function stored(
  t: Parameters<typeof testDatabase>[0],
  facts: readonly TelephonyFact[],
  people = labPeople,
) {
  const { db } = await testDatabase(t);
  const calls = createCalls({ db, people, clock: systemClock, log: quietLog });
  for (const fact of facts) calls.onFact(fact);
  t.equal(await calls.stop(10_000), 0, 'every record was written');
  return { db, calls };
}

t.test('Every finished call is one row, whole, and writing it again changes nothing', async (t) => {
  const facts = all.flatMap((one) => one.facts);
  const { db, calls } = await stored(t, facts);
  const bench = foldBench();
  for (const fact of facts) bench.engine.onFact(fact);
  bench.engine.settle();
  const truth = bench.ended();
  const { items, summary } = await calls.service.list(manager, { limit: 500 });
  t.same(
    [...items].sort((a, b) => (a.id < b.id ? -1 : 1)),
    truth,
    'the API shows what was folded',
  );
  t.equal(summary.total, truth.length);
  const repeated = createCalls({ db, people: labPeople, clock: systemClock, log: quietLog });
  for (const fact of facts.toReversed()) repeated.onFact(fact);
  t.equal(await repeated.stop(10_000), 0);
  const after = await repeated.service.list(manager, { limit: 500 });
  t.same(after.items, items, 'no row more, no row other');
});

t.test('Pages, filters and the summary count the same calls', async (t) => {
  const facts = Array.from({ length: 12 }, (_, n) => again(named('while queued'), n, n * 60_000)).flat();
  const answered = Array.from({ length: 7 }, (_, n) =>
    again(named('who hangs up is recorded'), n, n * 60_000),
  ).flat();
  const { calls } = await stored(t, [...facts, ...answered]);
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await calls.service.list(manager, { limit: 5, ...(cursor && { cursor }) });
    t.ok(page.items.length <= 5);
    t.match(
      page.summary,
      { total: 19, answered: 7, abandoned: 12, inProgress: 0 },
      'the summary is of the whole list',
    );
    seen.push(...page.items.map(({ id }) => id));
    cursor = page.nextCursor ?? undefined;
  } while (cursor);
  t.equal(new Set(seen).size, 19, 'every call once');
  t.same(seen, seen.toSorted().toReversed(), 'newest first');
  const first = await calls.service.list(manager, { limit: 500 });
  const [newest] = first.items;
  const counted = async (query: object) => {
    const page = await calls.service.list(manager, { limit: 500, ...query });
    t.equal(page.summary.total, page.items.length, `the summary of ${JSON.stringify(query)} is its list’s`);
    return page.items.length;
  };
  t.equal(await counted({ reason: 'agent-hung-up' }), 7);
  t.equal(await counted({ state: 'abandoned' }), 12);
  t.equal(await counted({ state: 'in-progress' }), 0);
  t.equal(await counted({ queue: 'waiting' }), 12);
  t.equal(await counted({ direction: 'outbound' }), 0);
  t.equal(await counted({ agent: labPeople.byDevice('main', 'PJSIP/1001')!.id }), 7);
  t.equal(await counted({ site: v7() }), 0, 'no call is of a site');
  t.equal(await counted({ from: newest!.startedAt }), 1, 'from is inclusive');
  t.equal(await counted({ to: newest!.startedAt }), 18, 'to is exclusive');
  t.equal(
    await counted({ q: newest!.caller.number }),
    first.items.filter((call) => call.caller.number === newest!.caller.number).length,
  );
  t.equal(await counted({ q: '%' }), 0, 'a wildcard is a letter like another');
  t.equal(await counted({ q: 'AGENT 1001' }), 7, 'names are found in either case');
});

t.test('A call in progress is in the list, in the summary and found by id', async (t) => {
  const facts = named('hangs up on an agent');
  const living = facts.slice(
    0,
    facts.findIndex(({ kind }) => kind === 'bridge-left'),
  );
  const { db } = await testDatabase(t);
  const calls = createCalls({ db, people: labPeople, clock: systemClock, log: quietLog });
  for (const fact of [...living, ...named('while queued')]) calls.onFact(fact);
  const page = await calls.service.list(manager, {});
  t.match(page.summary, { total: 2, inProgress: 1, abandoned: 1 });
  t.match(
    page.items.find(({ state }) => state === 'in-progress'),
    { phase: 'talking', endedAt: null, reason: null },
  );
  const only = await calls.service.list(manager, { state: 'in-progress' });
  t.match(only.items, [{ phase: 'talking', customer: {}, agent: { name: 'Agent 1001' } }]);
  t.match(await calls.service.get(manager, only.items[0]!.id), { phase: 'talking' });
  t.match(calls.live.legsOfDevice('main', 'PJSIP/1001'), [
    { state: 'talking', callId: only.items[0]!.id, certain: true },
  ]);
  for (const fact of facts) calls.onFact(fact);
  await calls.stop(10_000);
  t.match(await calls.service.get(manager, only.items[0]!.id), {
    phase: 'ended',
    reason: 'customer-hung-up',
  });
});

t.test(
  'A supervisor sees his teams’ calls and those of queues that belong to nobody; a manager all',
  async (t) => {
    const team = { id: v7(), name: 'One' };
    const other = { id: v7(), name: 'Two' };
    const people = peopleOf([
      { name: 'Agent 1001', devices: ['PJSIP/1001'], teams: [team] },
      {
        name: 'Agent 1004',
        devices: ['PJSIP/1004'],
        teams: [other],
        interfaces: ['Local/1004@from-queue/n'],
      },
    ]);
    const facts = [
      ...named('who hangs up is recorded'),
      ...named('behind a Local member'),
      ...named('while queued'),
      ...named('closed announcement'),
    ];
    const { db, calls } = await stored(t, facts, people);
    await db.insertInto('teams').values([team, other]).execute();
    for (const person of people.all()) {
      const { id, name, roles, devices } = person;
      await db
        .insertInto('people')
        .values({ id, name, roles: [...roles], devices: [...devices] })
        .execute();
      await db.insertInto('team_members').values({ team_id: person.teams[0]!.id, person_id: id }).execute();
    }
    const viewer = (teamIds: string[]): Viewer =>
      makeViewer({ id: v7(), name: 'S', roles: ['supervisor'], teamIds });
    const seenBy = async (one: Viewer) => {
      const { items, summary } = await calls.service.list(one, {});
      t.equal(summary.total, items.length);
      return items.map(({ queue, dialled }) => queue ?? dialled).sort();
    };
    t.same(await seenBy(manager), ['1001', '8014', 'support', 'waiting']);
    t.same(
      await seenBy(viewer([team.id])),
      ['1001', 'support', 'waiting'],
      'both queues belong to nobody yet',
    );
    await db
      .insertInto('queues')
      .values([
        { pbx: 'main', id: 'support', name: 'Support' },
        { pbx: 'main', id: 'waiting', name: 'W' },
      ])
      .execute();
    await db.insertInto('queue_teams').values({ pbx: 'main', queue: 'support', team_id: other.id }).execute();
    t.same(await seenBy(viewer([team.id])), ['1001', 'waiting']);
    t.same(await seenBy(viewer([other.id])), ['support', 'waiting']);
    t.same(await seenBy(viewer([])), ['waiting']);
    t.equal(
      (await calls.service.list(manager, { team: team.id })).summary.total,
      1,
      'the team filter is of the team alone',
    );
    const hidden = (await calls.service.list(manager, { team: team.id })).items[0]!;
    await t.rejects(calls.service.get(viewer([other.id]), hidden.id), { code: 'outside-your-teams' });
    await t.rejects(calls.service.get(manager, v7()), { code: 'call-not-found' });
    const agent = makeViewer({ id: v7(), name: 'A', roles: ['agent'], teamIds: [] });
    await t.rejects(calls.service.list(agent, {}), { code: 'not-allowed' });
    await t.rejects(calls.service.get(agent, hidden.id), { code: 'not-allowed' });
    await t.rejects(calls.service.all(agent, {}), { code: 'not-allowed' });
  },
);

const hostile = {
  html: '<img src=x onerror=alert(1)>',
  emoji: '👩‍👩‍👧‍👦 Zoé',
  rightToLeft: '\u202Eevil\u202C مرحبا',
  long: '😀'.repeat(10_000),
  nul: 'a\u0000b',
  lone: 'x\uD800y',
  formula: '=HYPERLINK("http://evil","x")',
  quotes: '"; drop table calls; --',
};

t.test(
  'Hostile caller names are kept as they can be, cut at the limit, and never fail a write',
  async (t) => {
    const names = Object.values(hostile);
    const facts = names.flatMap((name, n) =>
      again(named('while queued'), n).map((fact) => {
        if (!('leg' in fact)) return fact;
        const caller = { number: `${name}${n}`, name };
        return { ...fact, leg: { ...fact.leg, caller, dialplan: { ...fact.leg.dialplan, exten: name } } };
      }),
    );
    const { calls } = await stored(t, facts);
    const { items } = await calls.service.list(manager, { limit: 500 });
    t.equal(items.length, names.length);
    const kept = items.map(({ caller }) => caller.name);
    for (const name of [hostile.html, hostile.emoji, hostile.rightToLeft, hostile.formula, hostile.quotes])
      t.ok(kept.includes(name), name);
    t.ok(kept.includes('ab'), 'NUL is left out');
    t.ok(kept.includes('x\uFFFDy'), 'half a character is marked');
    const long = kept.find((name) => name?.startsWith('😀😀😀'))!;
    t.equal(long.length, textLimits.name);
    t.ok(long.isWellFormed(), 'no character is cut in two');
  },
);

t.test('CSV: the same calls, safe in a spreadsheet, as French ones want it', async (t) => {
  const facts = Array.from({ length: 1_203 }, (_, n) => again(named('while queued'), n, n * 1_000)).flat();
  const { calls } = await stored(t, facts);
  const app = fastify();
  app.setValidatorCompiler(validatorCompiler());
  app.decorateRequest('viewer', null);
  app.addHook('onRequest', async (request) => {
    request.viewer =
      request.headers['x-role'] === 'agent'
        ? makeViewer({ id: v7(), name: 'A', roles: ['agent'], teamIds: [] })
        : manager;
  });
  app.setErrorHandler((error, _request, reply) => {
    if (error instanceof AppError) return reply.code(error.status).send({ code: error.code });
    return reply
      .code((error as { statusCode?: number }).statusCode ?? 500)
      .send({ code: 'validation-failed' });
  });
  await app.register(callsRoutes(calls.service));
  t.teardown(() => app.close());
  const english = await app.inject('/api/calls.csv');
  t.match(english.headers['content-type'], 'text/csv');
  const rows = parse(english.body) as string[][];
  t.same(
    rows[0],
    csvColumns.map(({ en }) => en),
  );
  t.equal(rows.length, 1_204, 'a heading and every call');
  t.equal(new Set(rows.slice(1).map(([id]) => id)).size, 1_203);
  const french = await app.inject('/api/calls.csv?locale=fr&q=07');
  t.ok(french.body.startsWith('\uFEFFid;'), 'byte order mark and semicolons');
  t.equal((parse(french.body, { delimiter: ';', bom: true }) as string[][]).length, 1_204);
  const asked = await app.inject({
    url: '/api/calls.csv?state=busy',
    headers: { 'accept-language': 'fr-FR,fr;q=0.9' },
  });
  t.ok(asked.body.startsWith('\uFEFF'), 'the browser’s language counts');
  t.equal((await app.inject({ url: '/api/calls.csv', headers: { 'x-role': 'agent' } })).statusCode, 403);
  const [first] = (await app.inject('/api/calls?limit=1')).json().items as Call[];
  t.equal((await app.inject(`/api/calls/${first!.id}`)).json().id, first!.id);
  for (const bad of [
    'limit=0',
    'limit=501',
    'limit=x',
    'unknown=1',
    'from=yesterday',
    'state=lost',
    'agent=1',
    `q=${'x'.repeat(101)}`,
  ]) {
    t.equal((await app.inject(`/api/calls?${bad}`)).statusCode, 400, bad);
  }
  t.equal((await app.inject('/api/calls?limit=500')).statusCode, 200);
  for (const cursor of ['x', 'AAAA', Buffer.from('2026-13-45T00:00:00.000Z x').toString('base64url')]) {
    t.same((await app.inject(`/api/calls?cursor=${cursor}`)).json(), { code: 'bad-cursor' });
  }
  for (const [from, to] of [
    ['0001-01-01T00:00:00Z', undefined],
    ['2026-02-01T00:00:00Z', '2026-01-01T00:00:00Z'],
  ]) {
    const query = `from=${from}${to ? `&to=${to}` : ''}`;
    t.same((await app.inject(`/api/calls?${query}`)).json(), { code: 'validation-failed' }, query);
  }
});

t.test('A cell that a spreadsheet would run is made text; a phone number stays one', async (t) => {
  for (const bad of ['=1+1', '+cmd|x', '-2+3', '@sum', '\tx', '\rx', '+33 6'])
    t.equal(safeCell(bad), `'${bad}`);
  for (const good of ['+33612345678', 'Zoé', '0612345678', '', 'a=b']) t.equal(safeCell(good), good);
  t.equal(safeCell(12), '12');
  t.equal(safeCell(null), '');
});

t.test('Supervisions are shown on their calls, those kept and those that go on', async (t) => {
  const { db, calls } = await stored(t, named('hangs up on an agent'));
  const [call] = (await calls.service.list(manager, {})).items;
  const act = {
    person_id: v7(),
    person_name: 'Sophie',
    agent_id: v7(),
    agent_name: 'Alice',
    pbx: 'main',
    mode: 'whisper',
  };
  const more = {
    scope: 'call',
    device: 'phone',
    device_address: 'PJSIP/1901',
    state: 'ended',
    reason: 'Quality',
  };
  const from = call!.answeredAt!;
  await db
    .insertInto('supervisions')
    .values({
      id: v7(),
      ...act,
      ...more,
      started_at: new Date(from),
      calls: JSON.stringify([{ callId: call!.id, from, to: null }]),
    })
    .execute();
  t.match((await calls.service.get(manager, call!.id)).supervisions, [
    { by: { name: 'Sophie' }, mode: 'whisper', from },
  ]);
  t.match((await calls.service.list(manager, {})).items[0]!.supervisions, [{ by: { name: 'Sophie' } }]);
});

t.test('While the database is away records wait, and are written when it is back', async (t) => {
  const { db } = await testDatabase(t);
  const away = openDatabase('postgres://nobody@127.0.0.1:1/none');
  t.teardown(away.close);
  let current: Database = away.db;
  const proxy = new Proxy(db, { get: (_, key) => Reflect.get(current, key, current) });
  const calls = createCalls({ db: proxy, people: labPeople, clock: systemClock, log: quietLog });
  for (const fact of named('hangs up on an agent')) calls.onFact(fact);
  calls.settle();
  while (calls.counts().waiting === 0) await new Promise((resolve) => setImmediate(resolve));
  t.equal(await calls.stop(300), 1, 'one could not be written');
  current = db;
  const back = createCalls({ db, people: labPeople, clock: systemClock, log: quietLog });
  for (const fact of named('hangs up on an agent')) back.onFact(fact);
  t.equal(await back.stop(10_000), 0);
  t.equal((await back.service.list(manager, {})).summary.total, 1);
});

t.test(
  'The writer keeps its bound, retries, and one record the database refuses holds up no other',
  async (t) => {
    const ended = (id: number): EndedCall => ({
      call: { id: String(id) } as Call,
      agentIds: [],
      revision: 1,
    });
    const log = { ...quietLog, error() {}, warn() {} };
    let failures = 3;
    const saved: string[] = [];
    const writer = createRecordWriter({
      clock: systemClock,
      log,
      remove: async () => {},
      async save(batch) {
        if (failures > 0) {
          failures -= 1;
          throw Object.assign(new Error('connection refused'), { code: 'ECONNREFUSED' });
        }
        if (batch.some(({ call }) => call.id === '13'))
          throw Object.assign(new Error('bad value'), { code: '22P05' });
        saved.push(...batch.map(({ call }) => call.id));
      },
    });
    for (let i = 0; i < 40; i++) writer.add(ended(i));
    t.equal(writer.isWritten('1'), false);
    t.equal(await writer.drain(10_000), 0);
    t.equal(saved.length, 39);
    t.match(writer.counts(), { written: 39, refused: 1, dropped: 0, waiting: 0 });
    t.ok(writer.isWritten('1'));
    writer.stop();
    const full = createRecordWriter({
      clock: systemClock,
      log,
      remove: async () => {},
      save: () => new Promise(() => {}),
    });
    for (let i = 0; i < writeLimits.waitingMax; i++) full.add(ended(i));
    t.match(full.counts(), { waiting: writeLimits.waitingMax, dropped: 0 });
    full.add(ended(writeLimits.waitingMax));
    t.match(full.counts(), { waiting: writeLimits.waitingMax, dropped: 1 });
    full.stop();
  },
);

t.test(
  'The event log keeps the facts of calls that go on, page by page, and lets go of those that are over',
  async (t) => {
    const bench = foldBench();
    const facts = named('hangs up on an agent');
    bench.at(facts[0]!.atMs);
    const keptNow = (everything = false) => {
      const page = bench.engine.turnPage(everything);
      return { facts: page.carry.flatMap((one) => one.facts), over: page.over };
    };
    for (const fact of facts.slice(0, 5)) bench.engine.onFact(fact);
    t.same(keptNow().facts, [], 'the page before still has them');
    t.same(new Set(keptNow().facts), new Set(facts.slice(0, 5)), 'then they are kept anew');
    for (const fact of facts.slice(5, 8)) bench.engine.onFact(fact);
    t.same(new Set(keptNow(true).facts), new Set(facts.slice(0, 8)), 'all of them when the log lost some');
    t.same(keptNow().facts, [], 'and none twice');
    for (const fact of facts) bench.engine.onFact(fact);
    bench.engine.settle();
    keptNow();
    bench.pass(lateFactsMs + 1);
    const last = keptNow();
    t.same(last.facts, [], 'of a call that is written nothing is kept');
    t.ok(last.over.length >= 2, 'and its legs are over');
    t.ok(last.over.every(([pbx]) => pbx === 'main'));
  },
);
