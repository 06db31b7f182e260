import t from 'tap';
import { readMembership } from '../../../src/adapters/ari/membership-reading.ts';

/** What EVAL of Asterisk would say, for a PBX with these queues. */
function fakePbx(queues: Record<string, Record<string, { paused?: boolean; penalty?: number }>>) {
  const asked: string[] = [];
  const answerTo = (expression: string): string => {
    const [, name = '', args = ''] = /^(\w+)\((.*)\)$/s.exec(expression) ?? [];
    const [queue = '', what, member = ''] = args.split(',');
    if (name === 'QUEUE_EXISTS') return queue in queues ? '1' : '0';
    if (name === 'QUEUE_MEMBER_LIST') return Object.keys(queues[queue] ?? {}).join(',');
    const row = queues[queue]?.[member];
    return what === 'paused' ? String(Number(row?.paused ?? false)) : String(row?.penalty ?? '');
  };
  const read = async (expression: string) => {
    asked.push(expression);
    return expression
      .slice('EVAL('.length, -1)
      .split('|')
      .map((part) => answerTo(part.slice(2, -1)))
      .join('|');
  };
  return { asked, read };
}

t.test('Members of the queues that exist are read with pause and penalty', async (t) => {
  const { read } = fakePbx({
    sales: { 'PJSIP/1001': { paused: true, penalty: 5 }, 'Local/1002@from-queue/n': {} },
    empty: {},
  });
  const found = await readMembership(read, ['sales', 'empty', 'gone']);
  t.same([...found.keys()], ['sales', 'empty']);
  t.same(found.get('empty'), []);
  t.match(found.get('sales'), [
    { interface: 'PJSIP/1001', paused: true, penalty: 5 },
    { interface: 'Local/1002@from-queue/n', paused: false, penalty: null },
  ]);
});

t.test('A name that could end an expression is never evaluated', async (t) => {
  const { asked, read } = fakePbx({
    sales: { ['PJSIP/1)}$'.concat('{SHELL(reboot)}')]: {}, 'PJSIP/1001': {} },
  });
  const hostile = [
    'a)}$'.concat('{SHELL(reboot)}'),
    'a,b',
    'a|b',
    'a"b',
    'a\\b',
    'a\nb',
    '',
    'x'.repeat(300),
  ];
  const found = await readMembership(read, ['sales', ...hostile]);
  t.same([...found.keys()], ['sales']);
  t.same(
    found.get('sales')!.map((member) => member.interface),
    ['PJSIP/1001'],
  );
  t.notMatch(asked.join('\n'), 'SHELL');
});

t.test('Many queues and members take requests that fit Asterisk’s line', async (t) => {
  const members = (n: number) =>
    Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`PJSIP/${n * 100 + i}`, { penalty: i }]));
  const queues = Object.fromEntries(
    Array.from({ length: 50 }, (_, n) => [`file-d’attente ${n}`.replace('’', '_'), members(n)]),
  );
  const { asked, read } = fakePbx(queues);
  const found = await readMembership(read, Object.keys(queues));
  t.equal([...found.values()].flat().length, 1000);
  t.equal(found.get('file-d_attente 7')![3]!.penalty, 3);
  for (const one of asked) t.ok(encodeURIComponent(one).length < 3000);
  t.ok(asked.length < 100, `${asked.length} requests`);
});

t.test('An answer of another form is a failure, not a guess', async (t) => {
  await t.rejects(
    readMembership(async () => 'a|b|c', ['sales']),
    /expected form/,
  );
});
