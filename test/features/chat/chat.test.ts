import t from 'tap';
import { v7 } from 'uuid';
import {
  broadcastAgentsMax,
  type ChatMessage,
  messageLengthMax,
  unreadShownMax,
} from '../../../src/contract/chat.ts';
import { broadcastsPerPaceMax } from '../../../src/features/chat/broadcast.ts';
import { insertMessage } from '../../../src/features/chat/messages.repository.ts';
import { createPace } from '../../../src/features/chat/pace.ts';
import { messagesPerPaceMax } from '../../../src/features/chat/send.ts';
import { wordsOf } from '../../../src/features/chat/words.ts';
import { makeViewer, type Viewer } from '../../../src/ports/viewer.ts';
import { agentView, chatPerson, chatScene, teamA, teamB } from '../../support/chat-scene.ts';
import { waitFor } from '../../support/wait-for.ts';

const alice = chatPerson('Alice', ['agent']);
const bruno = chatPerson('Bruno', ['agent'], [teamB]);
const chloe = chatPerson('Chloé', ['agent']);
const sam = chatPerson('Sam', ['supervisor']);
const tom = chatPerson('Tom', ['supervisor'], [teamB]);
const max = chatPerson('Max', ['manager'], []);
const ada = chatPerson('Ada', ['admin'], []);
const everybody = [alice, bruno, chloe, sam, tom, max, ada];
const floor = () => [agentView(alice), agentView(bruno), agentView(chloe, { state: 'offline' })];
type Who = (typeof everybody)[number];
const pair = (agent: Who, supervisor: Who) => ({
  agentId: agent.person.id,
  supervisorId: supervisor.person.id,
});
const wish = (agent: Who, supervisor: Who, text = 'Bonjour', clientId = v7()) => ({
  ...pair(agent, supervisor),
  clientId,
  text,
});

t.test('who may write to whom is the rule of the panel’s button, and agents answer', async (t) => {
  const scene = await chatScene(t, everybody, floor());
  const { service } = await scene.server();
  const sends = (by: Who, agent: Who, supervisor: Who) =>
    service.send(by.viewer, wish(agent, supervisor)).then(
      () => 'sent',
      (error: { code: string }) => error.code,
    );
  const matrix: [Who, Who, Who, string][] = [
    [sam, alice, sam, 'sent'],
    [sam, bruno, sam, 'outside-your-teams'],
    [sam, chloe, sam, 'agent-not-connected'],
    [tom, alice, tom, 'outside-your-teams'],
    [max, alice, max, 'sent'],
    [max, bruno, max, 'sent'],
    [ada, alice, ada, 'not-allowed'],
    [sam, max, sam, 'agent-not-found'],
    [alice, alice, sam, 'sent'],
    [alice, alice, tom, 'outside-your-teams'],
    [alice, alice, ada, 'not-allowed'],
    [chloe, chloe, sam, 'sent'],
    [chloe, chloe, max, 'sent'],
    [bruno, bruno, tom, 'sent'],
    // In another's name, on either side.
    [sam, alice, max, 'not-allowed'],
    [alice, chloe, sam, 'not-allowed'],
    [alice, alice, alice, 'own-call'],
    [sam, sam, sam, 'own-call'],
  ];
  for (const [by, agent, supervisor, expected] of matrix) {
    const title = `${by.person.name} in the thread of ${agent.person.name} and ${supervisor.person.name}`;
    t.equal(await sends(by, agent, supervisor), expected, title);
  }
  await t.rejects(service.send(alice.viewer, { ...wish(alice, sam), supervisorId: v7() }), {
    code: 'not-found',
  });
  const withheld = new Map([[teamA.id, new Set(['chat.write'] as const)]]);
  const limited = makeViewer({
    id: sam.person.id,
    name: 'Sam',
    roles: ['supervisor'],
    teamIds: [teamA.id],
    withheld,
  });
  await t.rejects(service.send(limited, wish(alice, sam)), { code: 'not-allowed' }, 'withheld by policy');
  // Who has written to him is answered, whatever his teams are today.
  scene.agents.set(bruno.person.id, { ...agentView(bruno), teamIds: [teamA.id] });
  t.equal(await sends(sam, bruno, sam), 'sent');
  scene.agents.set(bruno.person.id, agentView(bruno));
  t.equal(await sends(bruno, bruno, sam), 'sent');
  t.same(
    service.supervisors(alice.viewer).items.map(({ name }) => name),
    ['Max', 'Sam'],
  );
  t.throws(() => service.supervisors(sam.viewer), { code: 'not-allowed' });
});

t.test('a thread is read by the two, and by managers, of which there is an entry', async (t) => {
  const scene = await chatScene(t, everybody, floor());
  const { service } = await scene.server();
  const { threadId, callId } = await service.send(sam.viewer, wish(alice, sam, 'Pensez au script'));
  t.equal(callId, null);
  for (const one of [sam, alice]) {
    t.equal((await service.messages(one.viewer, threadId, {})).items.length, 1);
    t.equal((await service.threads(one.viewer, {})).items.length, 1);
  }
  t.same(scene.audited, [], 'reading one’s own leaves no entry');
  for (const one of [bruno, tom, ada, chloe]) {
    await t.rejects(service.messages(one.viewer, threadId, {}), { code: 'thread-not-found' });
    await t.rejects(service.read(one.viewer, threadId, 1), { code: 'thread-not-found' });
    t.same((await service.threads(one.viewer, {})).items, []);
    await t.rejects(service.threads(one.viewer, { of: alice.person.id }), { code: 'not-allowed' });
    t.same((await service.search(one.viewer, { q: 'script' })).items, []);
    await t.rejects(service.search(one.viewer, { q: 'script', of: alice.person.id }), {
      code: 'not-allowed',
    });
  }
  await t.rejects(service.messages(sam.viewer, v7(), {}), { code: 'thread-not-found' });
  const along = await service.messages(max.viewer, threadId, {});
  t.equal(along.items[0]?.text, 'Pensez au script');
  t.equal(along.thread.unread, 0, 'who reads along has nothing to read');
  await t.rejects(service.read(max.viewer, threadId, 1), { code: 'thread-not-found' }, 'and marks nothing');
  t.equal((await service.threads(max.viewer, { of: alice.person.id })).items.length, 1);
  const searched = await service.search(max.viewer, { q: 'script', of: alice.person.id });
  t.same(
    searched.items.map(({ message }) => message.text),
    ['Pensez au script'],
  );
  t.same(
    scene.audited.map(({ action, subjectId }) => [action, subjectId]),
    [
      ['chat.read-along', alice.person.id],
      ['chat.read-along', alice.person.id],
      ['chat.read-along', alice.person.id],
    ],
  );
});

t.test('messages arrive once and in order from two servers, with retries of the same message', async (t) => {
  const scene = await chatScene(t, everybody, floor());
  const [one, two] = [await scene.server(), await scene.server()];
  const pages = [one, two].flatMap((server) => [server.page(sam.viewer), server.page(alice.viewer)]);
  const each = messagesPerPaceMax / 3;
  const send = async (server: typeof one, by: Viewer, text: string) => {
    const same = wish(alice, sam, text);
    // Sent again at the same time to the other server, and once more when it was answered.
    const other = server === one ? two : one;
    const [first, second] = await Promise.all([server.service.send(by, same), other.service.send(by, same)]);
    t.same(second, first);
    t.same(await other.service.send(by, same), first);
  };
  await Promise.all(
    [one, two].flatMap((server, n) =>
      [sam, alice].map(async ({ viewer }) => {
        for (let i = 0; i < each / 2; i++) await send(server, viewer, `${viewer.name} ${n} ${i}`);
      }),
    ),
  );
  const total = each * 2;
  const { items } = await one.service.messages(sam.viewer, (await firstThread(one, sam.viewer)).id, {
    limit: 500,
  });
  t.same(
    items.map(({ seq }) => seq),
    Array.from({ length: total }, (_, i) => i + 1),
    'numbered without a gap',
  );
  t.equal(new Set(items.map(({ text }) => text)).size, total, 'each once');
  for (const page of pages) {
    await waitFor(
      () => page.messages().length,
      (count) => count >= total,
      10_000,
    );
    const live = page.messages().toSorted((a, b) => a.seq - b.seq);
    t.same(live, items, 'every page on every server heard each one once');
  }
  // The sender's own: two people may choose the same.
  const { clientId } = items.find(({ author }) => author.id === sam.viewer.personId)!;
  await t.rejects(one.service.send(sam.viewer, { ...wish(alice, sam, 'x'), clientId }), {
    code: 'idempotency-key-reused',
  });
});

t.test(
  'what a server kept but died before telling reaches the others when its author sends it again',
  async (t) => {
    const scene = await chatScene(t, everybody, floor());
    const [one, two] = [await scene.server(), await scene.server()];
    const page = two.page(alice.viewer);
    const same = wish(alice, sam, 'à retenir');
    const named = ({ person }: typeof sam) => ({ id: person.id, name: person.name });
    await insertMessage(scene.database.db, {
      ...{ agent: named(alice), supervisor: named(sam), author: named(sam), callId: null, broadcastId: null },
      ...{ clientId: same.clientId, text: same.text, atMs: scene.time.now },
    });
    await one.service.send(sam.viewer, same);
    scene.time.now += 1_000;
    await one.service.send(sam.viewer, same);
    await waitFor(() => page.messages().length > 0);
    await one.service.send(sam.viewer, wish(alice, sam, 'ensuite'));
    await waitFor(() => page.messages().some(({ text }) => text === 'ensuite'));
    t.same(
      page.messages().map(({ text }) => text),
      ['à retenir', 'ensuite'],
      'told by the second try alone: at the first its server might still have done so',
    );
  },
);

t.test('a page that was away asks for what is newer and misses nothing', async (t) => {
  const scene = await chatScene(t, everybody, floor());
  const { service, onNotice, page } = await scene.server();
  const sent: ChatMessage[] = [];
  for (let i = 0; i < 7; i++) sent.push(await service.send(sam.viewer, wish(alice, sam, `n° ${i}`)));
  const { threadId } = sent[0]!;
  const ask = (query: object) => service.messages(alice.viewer, threadId, query);
  const seqs = (page: { items: ChatMessage[] }) => page.items.map(({ seq }) => seq);
  const newest = await ask({ limit: 3 });
  t.same([seqs(newest), newest.hasOlder, newest.hasNewer], [[5, 6, 7], true, false]);
  const older = await ask({ before: 5, limit: 3 });
  t.same([seqs(older), older.hasOlder, older.hasNewer], [[2, 3, 4], true, true]);
  const oldest = await ask({ before: 2, limit: 3 });
  t.same([seqs(oldest), oldest.hasOlder], [[1], false]);
  const missed = await ask({ after: 2, limit: 3 });
  t.same([seqs(missed), missed.hasNewer], [[3, 4, 5], true]);
  t.same(seqs(await ask({ after: 7 })), []);
  await t.rejects(ask({ after: 1, before: 3 }), { code: 'validation-failed' });
  const open = page(alice.viewer);
  onNotice(null);
  t.equal(open.told('chat-resync').length, 1, 'after lost notices pages are told to ask');
});

t.test('unread messages are counted, to their limit, and reading is told to both', async (t) => {
  const scene = await chatScene(t, everybody, floor());
  const [one, two] = [await scene.server(), await scene.server()];
  const page = two.page(alice.viewer);
  const send = async () => {
    scene.time.now += 1_000;
    return one.service.send(sam.viewer, wish(alice, sam));
  };
  for (let i = 0; i < 3; i++) await send();
  const { id } = await firstThread(one, alice.viewer);
  const unread = async (who: Who) => (await one.service.threads(who.viewer, {})).unread;
  t.same([await unread(alice), await unread(sam)], [3, 0]);
  t.equal((await one.service.read(alice.viewer, id, 2)).unread, 1);
  t.equal((await one.service.read(alice.viewer, id, 1)).unread, 1, 'never back');
  await waitFor(() => page.told('chat-read').length);
  t.same(page.told('chat-read'), [{ threadId: id, agentReadSeq: 2, supervisorReadSeq: 0, unread: 1 }]);
  t.equal((await one.service.read(alice.viewer, id, 9_999)).agentReadSeq, 3, 'never past the newest');
  await scene.database.db
    .insertInto('chat_messages')
    .values(
      Array.from({ length: unreadShownMax + 1 }, (_, i) => ({
        ...{ id: v7(), thread_id: id, seq: 4 + i, client_id: v7(), author_id: sam.person.id },
        ...{ author_name: 'Sam', text: 'x', words: '', sent_at: new Date() },
      })),
    )
    .execute();
  t.equal(await unread(alice), unreadShownMax);
});

t.test(
  'words are found without accents and capitals, at their beginning, in one’s own threads',
  async (t) => {
    const scene = await chatScene(t, everybody, floor());
    const { service } = await scene.server();
    const texts = ['Rappel du SCRIPT élève', 'Le cœur de l’offre à 12,50 €', '<b>المشرف</b> 100 % &|!:*()'];
    for (const text of texts) await service.send(sam.viewer, wish(alice, sam, text));
    scene.time.now += 1;
    await service.send(max.viewer, wish(alice, max, 'script de Max'));
    const finds = async (who: Who, q: string) =>
      (await service.search(who.viewer, { q })).items.map(({ message }) => message.text);
    t.same(await finds(sam, 'eleve rappel'), [texts[0]]);
    t.same(await finds(sam, 'ÉLÈ'), [texts[0]]);
    t.same(await finds(sam, 'coeur'), [texts[1]]);
    t.same(await finds(sam, 'المشرف'), [texts[2]]);
    t.same(await finds(sam, 'rappel coeur'), [], 'all of the words');
    t.same(await finds(sam, "' & | ! :* ("), [], 'signs are no words');
    t.same(await finds(alice, 'script'), ['script de Max', texts[0]], 'newest first');
    t.same(await finds(sam, 'script'), [texts[0]]);
    const first = await service.search(alice.viewer, { q: 'script', limit: 1 });
    const second = await service.search(alice.viewer, { q: 'script', limit: 1, cursor: first.nextCursor! });
    t.equal(second.items[0]?.message.text, texts[0]);
    t.equal(second.nextCursor, null);
    t.equal(wordsOf('x'.repeat(10_000))[0]?.length, 64);
  },
);

t.test('a text keeps to its limits on both sides, and hostile text stays text', async (t) => {
  const scene = await chatScene(t, everybody, floor());
  const { service } = await scene.server();
  const send = (text: string) => service.send(sam.viewer, wish(alice, sam, text));
  t.equal((await send('🔥'.repeat(messageLengthMax))).text.length, messageLengthMax * 2);
  await t.rejects(send('🔥'.repeat(messageLengthMax + 1)), { code: 'message-too-long' });
  await t.rejects(send('x'.repeat(100_000)), { code: 'message-too-long' });
  for (const text of ['', ' \n\t ']) await t.rejects(send(text), { code: 'validation-failed' });
  t.equal((await send(' x ')).text, 'x');
  const hostile = '<img src=x onerror=alert(1)> \u202Eesrever\u202C محمد';
  t.equal((await send(hostile)).text, hostile);
  t.equal((await send('a\uD800b')).text, 'a\uFFFDb', 'half a character is not kept');
});

t.test('one who writes too fast waits; what he had sent before is still answered', async (t) => {
  const scene = await chatScene(t, everybody, floor());
  const { service } = await scene.server();
  const first = wish(alice, sam);
  await service.send(sam.viewer, first);
  for (let i = 1; i < messagesPerPaceMax; i++) await service.send(sam.viewer, wish(alice, sam));
  await t.rejects(service.send(sam.viewer, wish(alice, sam)), { code: 'too-many-attempts' });
  t.equal((await service.send(sam.viewer, first)).seq, 1, 'the same again is no message more');
  await service.send(max.viewer, wish(alice, max));
  scene.time.now += 10_000;
  await service.send(sam.viewer, wish(alice, sam));
  scene.agents.set(alice.person.id, agentView(alice, { state: 'offline' }));
  t.equal((await service.send(sam.viewer, first)).seq, 1, 'nor does it matter what has changed since');
  const pace = createPace({ clock: { now: () => 0 }, max: 1, withinMs: 10 });
  pace.take('a');
  t.throws(() => pace.take('a'), { code: 'too-many-attempts', extra: { retryAfterS: 1 } });
});

t.test('a broadcast is one message to each agent of the team, and says who was left out', async (t) => {
  const scene = await chatScene(t, everybody, floor());
  const { broadcast, service, page } = await scene.server();
  const open = page(alice.viewer);
  const news = { teamId: teamA.id, clientId: v7(), text: 'Réunion à 15 h' };
  const result = await broadcast(sam.viewer, news);
  const left = { agent: { id: chloe.person.id, name: 'Chloé' }, code: 'agent-not-connected' };
  t.same(result, { sent: 1, leftOut: [left] });
  t.match(open.messages(), [{ text: 'Réunion à 15 h', broadcast: true, author: { name: 'Sam' } }]);
  scene.agents.set(chloe.person.id, agentView(chloe));
  t.same(await broadcast(sam.viewer, news), { sent: 2, leftOut: [] });
  t.equal(open.messages().length, 1, 'who had it does not get it again');
  t.same((await service.threads(bruno.viewer, {})).items, [], 'the other team gets nothing');
  await t.rejects(broadcast(sam.viewer, { ...news, teamId: teamB.id }), { code: 'outside-your-teams' });
  for (const { viewer } of [alice, ada]) await t.rejects(broadcast(viewer, news), { code: 'not-allowed' });
  for (let i = 2; i < broadcastsPerPaceMax; i++) await broadcast(sam.viewer, news);
  await t.rejects(broadcast(sam.viewer, news), { code: 'too-many-attempts' });
});

t.test('a broadcast reaches as many as it may and names the others', async (t) => {
  const crowd = Array.from({ length: broadcastAgentsMax + 1 }, (_, i) =>
    chatPerson(`A${i}`, ['agent'], [teamB]),
  );
  const scene = await chatScene(
    t,
    [max],
    crowd.map((one) => agentView(one)),
  );
  const { broadcast } = await scene.server();
  const { sent, leftOut } = await broadcast(max.viewer, { teamId: teamB.id, clientId: v7(), text: 'Oyez' });
  t.equal(sent, broadcastAgentsMax);
  t.match(leftOut, [{ agent: { name: `A${broadcastAgentsMax}` }, code: 'overloaded' }]);
});

t.test('ready-made messages are the house’s, edited by managers', async (t) => {
  const scene = await chatScene(t, everybody, floor());
  const { readyMade } = await scene.server();
  t.equal((await readyMade.get(sam.viewer)).items.length, 3);
  t.same(await readyMade.set(max.viewer, { items: [' b ', 'a'] }), { items: ['b', 'a'] });
  t.same(await readyMade.get(sam.viewer), { items: ['b', 'a'] });
  for (const { viewer } of [sam, ada, alice])
    await t.rejects(readyMade.set(viewer, { items: [] }), { code: 'not-allowed' });
  await t.rejects(readyMade.get(alice.viewer), { code: 'not-allowed' });
  t.same(await readyMade.set(max.viewer, { items: [] }), { items: [] });
});

t.test('what is written during a call is found beside it by those who may read it', async (t) => {
  const scene = await chatScene(t, everybody, floor());
  const { service } = await scene.server();
  const call = { id: v7(), direction: 'inbound' as const, queue: null, since: new Date().toISOString() };
  const others = { with: { number: null, name: null } };
  const calls = [
    { ...call, ...others, id: v7(), state: 'ringing' as const },
    { ...call, ...others, state: 'talking' as const },
  ] as ReturnType<typeof agentView>['row']['calls'];
  scene.agents.set(alice.person.id, agentView(alice, { state: 'on-call', calls }));
  await service.send(sam.viewer, wish(alice, sam, 'Proposez la remise'));
  await service.send(alice.viewer, wish(alice, sam, 'Fait'));
  const texts = async (who: Who) =>
    (await service.ofCall(who.viewer, call.id)).items.map(({ message }) => message.text);
  t.same(await texts(sam), ['Proposez la remise', 'Fait']);
  t.same(await texts(alice), ['Proposez la remise', 'Fait']);
  t.same(await texts(tom), []);
  t.same(scene.audited, []);
  t.same(await texts(max), ['Proposez la remise', 'Fait']);
  t.match(scene.audited, [{ action: 'chat.read-along', subjectId: alice.person.id, callId: call.id }]);
});

t.test('typing reaches the other one of the thread alone, on another server too', async (t) => {
  const scene = await chatScene(t, everybody, floor());
  const [one, two] = [await scene.server(), await scene.server()];
  const { threadId } = await one.service.send(sam.viewer, wish(alice, sam));
  const [his, hers, foreign] = [one.page(sam.viewer), two.page(alice.viewer), two.page(tom.viewer)];
  his.say('chat-typing', { threadId });
  await waitFor(() => hers.told('chat-typing').length);
  t.same(hers.told('chat-typing'), [{ threadId, personId: sam.person.id }]);
  for (const payload of [null, {}, { threadId: 'x' }, { threadId, more: 1 }, { threadId: v7() }])
    his.say('chat-typing', payload);
  foreign.say('chat-typing', { threadId });
  hers.say('chat-typing', { threadId });
  await waitFor(() => his.told('chat-typing').length);
  t.equal(his.told('chat-typing').length, 1);
  t.equal(foreign.told('chat-typing').length, 0);
  // Who has lost the right is neither heard nor written to any more, though there is a thread.
  const withheld = new Map([['*', new Set(['chat.write'] as const)]]);
  const { id, name, teams } = sam.person;
  const limited = makeViewer({
    id,
    name,
    roles: ['supervisor'],
    teamIds: teams.map((team) => team.id),
    withheld,
  });
  scene.viewers.set(id, limited);
  const silenced = one.page(limited);
  silenced.say('chat-typing', { threadId });
  await t.rejects(two.service.send(alice.viewer, wish(alice, sam)), { code: 'not-allowed' });
  one.page(alice.viewer).say('chat-typing', { threadId });
  await waitFor(() => his.told('chat-typing').length === 2);
  t.equal(hers.told('chat-typing').length, 1, 'he is not heard');
});

t.test('what is older than it is kept goes, with threads that are empty then', async (t) => {
  const scene = await chatScene(t, everybody, floor());
  const { service, purge } = await scene.server();
  scene.time.now = Date.parse('2026-01-01T00:00:00.000Z');
  for (let i = 0; i < 3; i++) await service.send(sam.viewer, wish(alice, sam, 'ancien'));
  await service.send(max.viewer, wish(alice, max, 'ancien'));
  const before = scene.time.now + 1;
  t.equal(await purge(scene.time.now), 0, 'what is as old as that stays');
  scene.time.now += 1_000;
  const kept = await service.send(sam.viewer, wish(alice, sam, 'récent'));
  t.equal(await purge(before), 4);
  const left = await service.messages(alice.viewer, kept.threadId, {});
  t.same(
    left.items.map(({ seq, text }) => [seq, text]),
    [[4, 'récent']],
    'numbers go on',
  );
  t.equal((await service.threads(alice.viewer, {})).items.length, 1);
  t.same((await service.search(alice.viewer, { q: 'ancien' })).items, []);
});

t.test('threads come newest first, page by page', async (t) => {
  const scene = await chatScene(t, everybody, floor());
  const { service } = await scene.server();
  await service.send(sam.viewer, wish(alice, sam, 'un'));
  scene.time.now += 1_000;
  await service.send(max.viewer, wish(alice, max, 'deux'));
  const first = await service.threads(alice.viewer, { limit: 1 });
  t.match(first.items, [{ lastText: 'deux', unread: 1, supervisor: { name: 'Max' } }]);
  const second = await service.threads(alice.viewer, { limit: 1, cursor: first.nextCursor! });
  t.match(second, { items: [{ lastText: 'un' }], nextCursor: null });
  await t.rejects(service.threads(alice.viewer, { cursor: 'nonsense' }), { code: 'bad-cursor' });
});

async function firstThread(
  { service }: Awaited<ReturnType<Awaited<ReturnType<typeof chatScene>>['server']>>,
  viewer: Viewer,
) {
  return (await service.threads(viewer, {})).items[0]!;
}
