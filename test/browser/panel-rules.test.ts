import t from 'tap';
import type { ChatMessage } from '../../src/contract/chat.ts';
import type { LiveChange } from '../../src/contract/live.ts';
import { dayOf, readView, toApi, writeView } from '../../src/web/panel/calls/filters.ts';
import { stepsOf } from '../../src/web/panel/calls/timeline.ts';
import { type BoardView, buildIndex } from '../../src/web/panel/live/agent-index.ts';
import { createBoard } from '../../src/web/panel/live/board.ts';
import { append, emptyLog } from '../../src/web/shared/chat/chat-log.ts';
import { en } from '../../src/web/shared/i18n/en/index.ts';
import { fr } from '../../src/web/shared/i18n/fr/index.ts';
import { formatTimer } from '../../src/web/shared/time/duration.ts';
import { makeCall } from './support/calls.ts';
import { makeFloor } from './support/floor.ts';

const nowMs = Date.parse('2026-11-21T10:00:00.000Z');
const view: BoardView = { q: '', state: null, team: null, queue: null, sort: 'name', folded: new Set() };

/** `live.title` → text, for every text of a language. */
function texts(messages: object, path = ''): Map<string, string> {
  return new Map(
    Object.entries(messages).flatMap(([key, value]) =>
      typeof value === 'string' ? [[path + key, value] as const] : [...texts(value, `${path}${key}.`)],
    ),
  );
}

t.test('French and English say the same things with the same blanks', async (t) => {
  const french = texts(fr);
  const english = texts(en);
  t.same([...french.keys()].sort(), [...english.keys()].sort());
  const blanks = (text: string | undefined) =>
    [...(text ?? '').matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name).sort();
  for (const [key, text] of french) {
    t.not(text.trim(), '', key);
    t.not(english.get(key)?.trim(), '', key);
    t.same(blanks(text), blanks(english.get(key)), key);
  }
});

t.test('A change is applied only when its number follows the last one', async (t) => {
  const board = createBoard();
  const floor = makeFloor({ agents: 3, nowMs });
  const [first] = floor.agents;
  const change = (seq: number, pauseReason: string): LiveChange => ({
    seq,
    at: floor.at,
    agents: [{ ...first!, pauseReason }],
  });
  t.equal(board.applyChange(change(1, 'too early')), 'gap', 'nothing before the first snapshot');
  board.takeSnapshot({ ...floor, seq: 10 });
  t.equal(board.applyChange(change(10, 'old')), 'old');
  t.equal(board.agents.get(first!.id)?.pauseReason, first!.pauseReason);
  t.equal(board.applyChange(change(11, 'eleven')), 'applied');
  t.equal(board.agents.get(first!.id)?.pauseReason, 'eleven');
  t.equal(board.applyChange(change(13, 'thirteen')), 'gap');
  t.equal(board.applyChange(change(12, 'twelve, late')), 'gap', 'nothing more until a snapshot');
  t.equal(board.agents.get(first!.id)?.pauseReason, 'eleven');
  board.takeSnapshot({ ...floor, seq: 13 });
  t.equal(board.applyChange({ seq: 14, at: floor.at, gone: { agents: [first!.id] } }), 'applied');
  t.equal(board.agents.size(), 2);
});

t.test('Only the row that changed hears of the change', async (t) => {
  const board = createBoard();
  const floor = makeFloor({ agents: 1000, nowMs });
  board.takeSnapshot(floor);
  const heard: string[] = [];
  for (const { id } of floor.agents) board.agents.subscribeRow(id, () => heard.push(id));
  const { id } = floor.agents[500]!;
  board.applyChange({ seq: 2, at: floor.at, agents: [{ ...floor.agents[500]!, state: 'paused' }] });
  t.same(heard, [id]);
});

t.test('Agents stand in their teams, filtered as asked, each person counted once', async (t) => {
  const { agents } = makeFloor({ agents: 40, nowMs });
  const [first, second] = agents;
  const twoTeams = agents.map((agent) =>
    agent === first ? { ...agent, teams: [...first!.teams, ...second!.teams] } : agent,
  );
  const all = buildIndex(twoTeams, view);
  t.equal(all.total, 40);
  t.equal(all.rows.filter(({ kind }) => kind === 'agent').length, 41, 'in both his sections');
  t.equal(
    Object.values(all.counts).reduce((sum, n) => sum + n),
    40,
  );
  const paused = buildIndex(agents, { ...view, state: 'paused' });
  t.equal(paused.shown, all.counts.paused);
  t.same(paused.counts, buildIndex(agents, view).counts, 'the state filter does not change what it counts');
  const accents = agents.filter(({ name }) => /chlo[eé]/i.test(name)).length;
  t.equal(
    buildIndex(agents, { ...view, q: 'CHLOE' }).total,
    accents,
    'capitals and accents make no difference',
  );
  t.ok(accents > 0);
  const folded = buildIndex(agents, { ...view, folded: new Set([first!.teams[0]!.id]) });
  t.equal(folded.rows.length, 44 - agents.filter((one) => one.teams[0]!.id === first!.teams[0]!.id).length);
  const byState = buildIndex(agents, { ...view, sort: 'state' }).rows;
  const states = byState.flatMap((row) =>
    row.kind === 'agent' && row.teamId === second!.teams[0]!.id
      ? [agents.find(({ id }) => id === row.agentId)!.state]
      : [],
  );
  t.equal(states.at(-1), 'offline', 'who is away stands last');
  t.equal(buildIndex([{ ...first!, teams: [] }], view).sections.get('no-team')?.total, 1);
});

t.test('A timer reads as people say it', async (t) => {
  t.equal(formatTimer(7_900), '0:07');
  t.equal(formatTimer(750_000), '12:30');
  t.equal(formatTimer(3_750_000), '1:02:30');
  t.equal(formatTimer(2 * 86_400_000 + 4 * 3_600_000, 'j'), '2 j 4 h');
  t.equal(formatTimer(-5), '0:00', 'never before it began');
});

t.test('The filters of the calls stand in the page’s address and come back from it', async (t) => {
  const today = dayOf(new Date(nowMs));
  const fresh = readView(new URLSearchParams(), today);
  t.match(fresh, { fromDay: today, toDay: today, q: '' });
  const wanted = {
    ...fresh,
    fromDay: '2026-03-28',
    toDay: '2026-03-29',
    state: 'missed',
    queue: 'ventes & co',
    q: 'é&=',
  };
  t.same(readView(writeView(wanted), today), wanted);
  t.same(
    readView(writeView({ ...fresh, fromDay: null, toDay: null }), today),
    { ...fresh, fromDay: null, toDay: null },
    'every day',
  );
  const { from, to } = toApi(wanted);
  t.equal(new Date(from!).getDate(), 28, 'from the day’s start here');
  t.equal(new Date(to!).getDate(), 30, 'to its end');
  t.equal(new Date(to!).getHours(), 0, 'across a change of the clocks');
  t.equal(readView(new URLSearchParams({ fromDay: '<script>' }), today).fromDay, today, 'no day, no filter');
});

t.test('A call’s story is told in the order it happened', async (t) => {
  const steps = stepsOf(makeCall(0, nowMs)).map(({ kind }) => kind);
  t.same(steps, ['start', 'visit', 'segment', 'supervision', 'end']);
});

t.test('A chat has each message once, in order, and no other than the server has', async (t) => {
  const message = (seq: number, id = `m${seq}`): ChatMessage => ({
    ...{ id, seq, clientId: `c-${id}`, threadId: 't', text: id, callId: null, broadcast: false },
    ...{ author: { id: 'a', name: 'A' }, sentAt: '2026-11-21T10:00:00.000Z' },
  });
  const from = (...known: ChatMessage[]) => ({ ...emptyLog, messages: known });
  const after = (log: ReturnType<typeof append>) =>
    log === 'gap' ? log : log.messages.map(({ id }) => id).join(' ');
  const log = from(message(4), message(5), message(6));
  t.equal(after(append(log, [message(6), message(7)])), 'm4 m5 m6 m7');
  t.equal(append(log, [message(5)]), log, 'known already');
  t.equal(append(log, [message(8)]), 'gap');
  t.equal(after(append(log, [message(3), message(4)])), 'm4 m5 m6', 'older ones are another matter');
  // The database fell over before it had written 5 and 6, and gave their numbers to others.
  t.equal(after(append(log, [message(4), message(5, 'other')])), 'm4 other');
  t.equal(after(append(log, [message(6, 'other'), message(7)])), 'm4 m5 other m7');
});
