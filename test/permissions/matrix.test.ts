/** Every route × every combination of roles × own team, another team, no team: what is not allowed is refused and does nothing. */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import t from 'tap';
import { type Permission, permissionsOf } from '../../src/contract/permissions.ts';
import { type Rule, rules, type Targets } from './rules.ts';
import { buildWorld, type Relation, relations, type Somebody, type World } from './world.ts';

async function ask({ address }: World, route: string, rule: Rule, who: Somebody | null, targets: Targets) {
  const [method, path] = route.split(' ') as [string, string];
  const body = rule.body?.(targets, who?.id ?? randomUUID());
  const reply = await fetch(address + (rule.path?.(targets) ?? path), {
    method,
    headers: {
      'x-forwarded-for': who?.address ?? '10.1.0.1',
      ...(who ? { cookie: who.cookie } : {}),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(10_000),
  });
  const text = await reply.text();
  const isProblem = /problem/.test(reply.headers.get('content-type') ?? '');
  return { status: reply.status, code: isProblem ? String(JSON.parse(text).code) : '' };
}

/** What must be answered: `in` (any success, or what the rule says may come instead), or refused with one of these. */
function expected(rule: Rule, who: Somebody, relation: Relation): 'in' | number[] {
  if (rule.needs === 'public') return 'in';
  if (rule.needs === 'token') return [401];
  const held = permissionsOf(who.roles);
  if (rule.needs !== 'anyone' && !rule.needs.some((one: Permission) => held.has(one)))
    return rule.inVerb ? [403, 404, 409] : [403];
  if (rule.on === 'everything') return 'in';
  if (rule.on === 'self') return [403, 404, 409];
  const seesAll = who.roles.includes('manager') || (rule.adminToo && who.roles.includes('admin'));
  return seesAll || relation === 'own team' ? 'in' : [403, 404];
}

const rest = new Set(['HEAD', 'OPTIONS']);
const ofPages = (url: string) => /^\/(docs|assets|\*|$)/.test(url);

/** What the database holds, of everything that a refused request could have changed. */
async function stateOf({ db }: World): Promise<string> {
  const { rows: tables } = await sql<{ name: string }>`
    select table_name as name from information_schema.tables
    where table_schema = 'public' and table_type = 'BASE TABLE'
      and table_name not in ('sessions', 'sign_in_attempts', 'idempotency_keys', 'audit_entries', 'audit_adoption')
    order by 1`.execute(db);
  const hashes: string[] = [];
  for (const { name } of tables) {
    const { rows } = await sql<{ h: string }>`
      select md5(coalesce(string_agg(t::text, '' order by t::text), '')) as h from ${sql.table(name)} t`.execute(
      db,
    );
    hashes.push(`${name} ${rows[0]!.h}`);
  }
  return hashes.join('\n');
}

t.test('every route, every combination of roles, every team', { timeout: 240_000 }, async (t) => {
  const world = await buildWorld(t);
  const known = world.accessRules.filter(({ method, url }) => !rest.has(method) && !ofPages(url));
  const routes = [...new Set(known.map(({ method, url }) => `${method} ${url}`))].sort();
  t.ok(routes.length > 30, `${routes.length} routes`);

  t.same(
    routes.filter((route) => !rules[route]),
    [],
    'a new route has a rule',
  );
  t.same(
    Object.keys(rules).filter((rule) => !routes.includes(rule)),
    [],
    'a rule is one of a route',
  );
  for (const { method, url, access } of known) {
    const rule = rules[`${method} ${url}`];
    if (!rule || access === 'signed-in') continue;
    const needs = typeof rule.needs === 'string' ? rule.needs : rule.needs.join();
    t.equal(access, needs, `${method} ${url} declares what its rule says`);
  }

  const wrong: string[] = [];
  let cells = 0;
  const judge = async (route: string, rule: Rule, who: Somebody | null, relation: Relation) => {
    const wanted = who ? expected(rule, who, relation) : rule.needs === 'public' ? 'in' : [401];
    if (wanted === 'in' && (rule.onlyRefusals || !who)) return;
    cells += 1;
    const { status, code } = await ask(world, route, rule, who, world.targets[relation]);
    const isRight =
      wanted === 'in'
        ? status < 300 || ((rule.instead ?? []).includes(status) && !/^outside-your-teams$/.test(code))
        : wanted.includes(status);
    if (!isRight)
      wrong.push(`${route} as ${who?.name ?? 'nobody'} on ${relation}: ${status} ${code}, wanted ${wanted}`);
  };
  const present = routes.filter((route) => rules[route]);
  const before = await stateOf(world);
  // First everything that must be refused: then nothing may have changed.
  for (const route of present) {
    const rule = rules[route]!;
    const few = rule.on === 'everything' ? (['another team'] as const) : relations;
    for (const relation of few) {
      await judge(route, rule, null, relation);
      for (const who of world.people)
        if (expected(rule, who, relation) !== 'in') await judge(route, rule, who, relation);
    }
  }
  t.same(wrong.splice(0), [], `${cells} refusals`);
  t.equal(await stateOf(world), before, 'what was refused did nothing');
  cells = 0;
  for (const route of present) {
    const rule = rules[route]!;
    const few = rule.on === 'everything' ? (['another team'] as const) : relations;
    for (const relation of few)
      for (const who of world.people)
        if (expected(rule, who, relation) === 'in') await judge(route, rule, who, relation);
  }
  t.same(wrong, [], `${cells} admissions`);
});
