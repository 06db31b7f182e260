/** Watching an agent's screen, without pictures: rights, bounds, what the two pages are told, and when it ends. */
import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { v7 } from 'uuid';
import type { AgentCall } from '../../../src/contract/agents.ts';
import { sdpLengthMax, watchersMax } from '../../../src/contract/screens.ts';
import {
  createSignalBudget,
  sharerMessageOf,
  signalsBurst,
  viewerMessageOf,
} from '../../../src/features/screens/signals.ts';
import { projectFolder } from '../../../src/paths.ts';
import { makeViewer, type Viewer } from '../../../src/ports/viewer.ts';
import { until } from '../../support/live.ts';
import { type ScreensScene, screensScene, teamId } from '../../support/screens-scene.ts';

const sdpOf = (direction: string, more = '') =>
  `v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=${direction}\r\n${more}`;
const offer = { kind: 'offer', sdp: sdpOf('recvonly') };
const answer = { kind: 'answer', sdp: sdpOf('sendonly') };
const wish = (agentId: string, scope: 'call' | 'agent' = 'agent') => ({ agentId, scope, reason: 'coaching' });
const talking: AgentCall = {
  id: v7(),
  direction: 'inbound',
  queue: null,
  with: { number: null, name: null },
  state: 'talking',
  since: '2026-11-24T10:00:00.000Z',
  device: 'PJSIP/1',
  marks: [],
};

/** An agent whose page shares one screen. */
function sharingAgent(scene: ScreensScene) {
  const agentId = scene.addAgent();
  const agent = makeViewer({ id: agentId, name: 'Bruno', roles: ['agent'], teamIds: [teamId] });
  const page = scene.page(agent, 'agent');
  page.say('screen-share', { monitors: 1 });
  return { agentId, agent, page };
}

/** A supervisor who watches with an open page. */
async function watching(scene: ScreensScene, agentId: string, scope: 'call' | 'agent' = 'agent') {
  const viewer = scene.addViewer();
  const page = scene.page(viewer, 'panel');
  const { viewing } = await scene.start(viewer, wish(agentId, scope));
  page.say('screen-signal', { viewingId: viewing.id, signal: offer });
  const ends = () =>
    page.of('screen-viewing').flatMap((news) => (news as { endedBecause: string | null }).endedBecause ?? []);
  return { viewer, page, viewing, ends };
}

const row = (scene: ScreensScene, id: string) =>
  scene.db.selectFrom('screen_viewings').selectAll().where('id', '=', id).executeTakeFirst();

async function endsBecause(t: Test, scene: ScreensScene, id: string, because: string): Promise<void> {
  await until(
    `the row says ${because}`,
    async () => (await row(scene, id))?.ended_because === because,
    1_000,
  );
  const isAudited = () =>
    scene.audited.some(
      ({ action, details }) =>
        action === 'screen.watch-ended' && details?.['viewingId'] === id && details['because'] === because,
    );
  // The row is written first.
  await until(`${because} is audited`, isAudited, 1_000);
  t.pass(`${because} is in the row and in the audit log`);
}

t.test(
  'A viewing is audited before the agent’s page hears of it, and leaves a row with its end',
  async (t) => {
    const scene = await screensScene(t);
    const { agentId, page: agentPage } = sharingAgent(scene);
    t.equal(scene.screens.of(agentId).state, 'shared');
    const { viewer, page, viewing } = await watching(scene, agentId);
    t.same(
      scene.audited.map(({ action }) => action),
      ['screen.watch-started'],
    );
    t.same(scene.screens.of(agentId).watchedBy, [{ id: viewer.personId, name: 'Sophie' }]);
    t.match(agentPage.of('screen-orders').at(-1), { hidden: false, viewings: [{ id: viewing.id }] });
    t.same(agentPage.of('screen-signal'), [{ viewingId: viewing.id, signal: offer }]);
    agentPage.say('screen-signal', { viewingId: viewing.id, signal: answer });
    t.same(page.of('screen-signal'), [{ viewingId: viewing.id, signal: answer }]);
    const stopped = await scene.stop(viewer, viewing.id);
    t.equal(stopped.endedBecause, 'stopped');
    t.same(await scene.stop(viewer, viewing.id), stopped, 'stopping twice is fine');
    await endsBecause(t, scene, viewing.id, 'stopped');
    t.match(agentPage.of('screen-orders').at(-1), { viewings: [] });
    t.same(scene.screens.of(agentId).watchedBy, []);
    const { items } = await scene.list(viewer, { limit: 10 });
    t.match(items, [{ id: viewing.id, reason: 'coaching', endedBecause: 'stopped' }]);
    t.same((await scene.list(scene.addViewer(['supervisor'], { teamIds: [] }), { limit: 10 })).items, []);
  },
);

t.test('Without an audit entry nothing is watched, and nothing is left', async (t) => {
  const scene = await screensScene(t);
  const { agentId, page } = sharingAgent(scene);
  scene.faults.audit = true;
  const viewer = scene.addViewer();
  await t.rejects(scene.start(viewer, wish(agentId)));
  t.match(page.of('screen-orders').at(-1), { viewings: [] });
  t.same((await scene.list(viewer, { limit: 10 })).items, []);
  scene.faults.audit = false;
  t.ok(await scene.start(viewer, wish(agentId)));
});

t.test('Only who has the right, a team in common and a screen to see may watch', async (t) => {
  const scene = await screensScene(t);
  const { agentId, agent } = sharingAgent(scene);
  const refused = (viewer: Viewer, code: string, id = agentId) =>
    t.rejects(scene.start(viewer, wish(id)), { code }, code);
  await refused(scene.addViewer(['admin']), 'not-allowed');
  await refused(scene.addViewer(['agent']), 'not-allowed');
  await refused(scene.addViewer(['supervisor'], { teamIds: [v7()] }), 'outside-your-teams');
  await refused(scene.addViewer(['supervisor', 'agent'], { id: agent.personId }), 'own-call');
  await refused(scene.addViewer(), 'agent-not-found', v7());
  await refused(scene.addViewer(), 'screen-not-shared', scene.addAgent());
  scene.change(agentId, { facts: { protectedBy: 'outside-listening-hours' } });
  await refused(scene.addViewer(), 'outside-listening-hours');
  scene.change(agentId, { facts: { protectedBy: null }, row: { state: 'paused' } });
  await until('hidden', () => scene.screens.of(agentId).state === 'hidden');
  await refused(scene.addViewer(), 'screen-hidden');
  scene.change(agentId, { row: { state: 'available' } });
  await until('shown', () => scene.screens.of(agentId).state === 'shared');
  await t.rejects(scene.start(scene.addViewer(), wish(agentId, 'call')), { code: 'agent-not-on-call' });
  scene.setPolicy({ reasons: ['training'], reasonsOnly: true });
  await refused(scene.addViewer(), 'validation-failed');
  t.ok(await scene.start(scene.addViewer(), { ...wish(agentId), reason: 'training' }));
  const { viewing } = await scene.start(scene.addViewer(), { ...wish(agentId), reason: 'training' });
  await t.rejects(scene.stop(scene.addViewer(), viewing.id), { code: 'not-allowed' }, 'another’s viewing');
  await t.rejects(scene.stop(scene.addViewer(), v7()), { code: 'viewing-not-found' });
  t.equal((await scene.stop(scene.addViewer(['manager']), viewing.id)).endedBecause, 'stopped');
});

t.test('As many as may watch one screen, and each person one screen', async (t) => {
  const scene = await screensScene(t);
  const { agentId } = sharingAgent(scene);
  const other = sharingAgent(scene);
  const all = await Promise.all(Array.from({ length: watchersMax }, () => watching(scene, agentId)));
  t.equal(scene.screens.of(agentId).watchedBy.length, watchersMax);
  await t.rejects(scene.start(scene.addViewer(), wish(agentId)), { code: 'screen-watchers-full' });
  const [first] = all;
  const next = await scene.start(first!.viewer, wish(other.agentId));
  t.same(first!.ends(), ['replaced']);
  await endsBecause(t, scene, first!.viewing.id, 'replaced');
  t.ok(await scene.start(scene.addViewer(), wish(agentId)), 'there is room again');
  const clicks = await Promise.allSettled([
    scene.start(first!.viewer, wish(other.agentId)),
    scene.start(first!.viewer, wish(other.agentId)),
  ]);
  t.same(clicks.map(({ status }) => status).sort(), ['fulfilled', 'rejected'], 'two clicks at once');
  await endsBecause(t, scene, next.viewing.id, 'replaced');
  t.equal(scene.screens.of(other.agentId).watchedBy.length, 1);
});

t.test('A viewing ends within a second of whatever forbids it', async (t) => {
  const scene = await screensScene(t);
  const cases: [string, (agentId: string, viewer: Viewer) => void][] = [
    ['private-call', (id) => scene.change(id, { facts: { legs: [leg('private-call')] } })],
    ['caller-objected', (id) => scene.change(id, { facts: { legs: [leg('caller-objected')] } })],
    ['policy', (id) => scene.change(id, { facts: { legs: [leg('number-never-listened')] } })],
    ['policy', (id) => scene.change(id, { facts: { protectedBy: 'outside-listening-hours' } })],
    ['call-ended', (id) => scene.change(id, { row: { calls: [] } })],
    ['rights-removed', (_, viewer) => scene.takeRights(viewer)],
    ['agent-left', (id) => void (scene.agents.delete(id) && scene.setPolicy({}))],
  ];
  for (const [because, happens] of cases) {
    const { agentId, page: agentPage } = sharingAgent(scene);
    scene.change(agentId, { row: { calls: [talking], state: 'on-call' } });
    const { viewer, viewing, ends } = await watching(scene, agentId, 'call');
    happens(agentId, viewer);
    await endsBecause(t, scene, viewing.id, because);
    t.same(ends(), [because], `the watching page is told: ${because}`);
    t.match(agentPage.of('screen-orders').at(-1), { viewings: [] });
  }
});
const leg = (protectedBy: 'private-call' | 'caller-objected' | 'number-never-listened') => ({
  state: 'talking' as const,
  certain: true,
  takeable: true,
  protectedBy,
});

t.test('A viewing ends with the share and with either page', async (t) => {
  const scene = await screensScene(t);
  const cases: [string, (pages: { agent: Page; viewer: Page }, agentId: string) => void][] = [
    ['agent-stopped-sharing', ({ agent }) => agent.say('screen-share', { monitors: 0 })],
    ['agent-left', ({ agent }) => agent.close()],
    ['viewer-left', ({ viewer }) => viewer.close()],
  ];
  for (const [because, happens] of cases) {
    const { agentId, page: agent } = sharingAgent(scene);
    const { viewing, page: viewer } = await watching(scene, agentId);
    happens({ agent, viewer }, agentId);
    await endsBecause(t, scene, viewing.id, because);
    if (because !== 'viewer-left') t.equal(scene.screens.of(agentId).state, 'off', because);
  }
  const { agentId, agent, page } = sharingAgent(scene);
  const { ends } = await watching(scene, agentId);
  const second = scene.page(agent, 'agent');
  second.say('screen-share', { monitors: 2 });
  t.match(page.of('screen-orders').at(-1), { sharing: false }, 'the page shared on last is the one');
  t.same(ends(), ['agent-stopped-sharing']);
  page.say('screen-share', { monitors: 0 });
  t.equal(scene.screens.of(agentId).state, 'shared', 'the former page ends nothing any more');
});
type Page = ReturnType<ScreensScene['page']>;

t.test(
  'In a pause the page is told to send nothing, and the watcher that there is nothing to see',
  async (t) => {
    const scene = await screensScene(t);
    const { agentId, page: agentPage } = sharingAgent(scene);
    const { page, viewing } = await watching(scene, agentId);
    scene.change(agentId, { row: { state: 'paused' } });
    await until('told', () => page.of('screen-viewing').length > 0, 1_000);
    t.match(page.of('screen-viewing').at(-1), { hidden: true, endedBecause: null });
    t.match(agentPage.of('screen-orders').at(-1), { hidden: true, viewings: [{ id: viewing.id }] });
    scene.change(agentId, { row: { state: 'available' } });
    await until('told again', () => page.of('screen-viewing').length > 1, 1_000);
    t.match(agentPage.of('screen-orders').at(-1), { hidden: false, viewings: [{ id: viewing.id }] });
  },
);

t.test('A viewing nobody claims, and one that has lasted long enough, end', async (t) => {
  const scene = await screensScene(t, { claimDeadlineMs: 50 });
  const { agentId } = sharingAgent(scene);
  const { viewing } = await scene.start(scene.addViewer(), wish(agentId));
  await endsBecause(t, scene, viewing.id, 'viewer-left');
  scene.setPolicy({ persistentMinutesMax: 1 });
  const limited = await watching(scene, agentId);
  t.equal(Date.parse(limited.viewing.endsAt!) - Date.parse(limited.viewing.startedAt), 60_000);
  // A tenth of a second, as no policy may say it.
  scene.setPolicy({ persistentMinutesMax: 1 / 600 });
  const short = await watching(scene, agentId);
  await endsBecause(t, scene, short.viewing.id, 'limit');
  scene.change(agentId, { row: { calls: [talking] } });
  t.equal((await watching(scene, agentId, 'call')).viewing.endsAt, null, 'a call has an end of its own');
});

t.test('A server that comes back ends what the one before left open', async (t) => {
  const scene = await screensScene(t);
  const { agentId } = sharingAgent(scene);
  const { viewing } = await watching(scene, agentId);
  await scene.recover();
  await endsBecause(t, scene, viewing.id, 'lost');
  const next = await screensScene(t);
  const left = sharingAgent(next);
  const running = await watching(next, left.agentId);
  await next.stopAll();
  await endsBecause(t, next, running.viewing.id, 'server-stopped');
  await t.rejects(next.start(next.addViewer(), wish(left.agentId)), { code: 'shutting-down' });
});

t.test('Signals pass between the two pages of a viewing only', async (t) => {
  const scene = await screensScene(t);
  const { agentId, agent, page: agentPage } = sharingAgent(scene);
  const { viewer, page, viewing } = await watching(scene, agentId);
  const heard = () => [agentPage.of('screen-signal').length, page.of('screen-signal').length];
  const candidate = {
    kind: 'candidate',
    candidate: 'a',
    sdpMid: '0',
    sdpMLineIndex: 0,
    usernameFragment: null,
  };
  const message = { viewingId: viewing.id, signal: candidate };
  t.same(heard(), [1, 0]);
  scene.page(scene.addViewer(), 'panel').say('screen-signal', message);
  scene.page(viewer, 'panel').say('screen-signal', { viewingId: viewing.id, signal: offer });
  scene.page(agent, 'agent').say('screen-signal', { viewingId: viewing.id, signal: answer });
  page.say('screen-signal', { viewingId: viewing.id, signal: answer });
  agentPage.say('screen-signal', { viewingId: viewing.id, signal: offer });
  t.same(heard(), [1, 0], 'another person, other pages of the same, the other side’s words');
  page.say('screen-signal', message);
  agentPage.say('screen-signal', message);
  t.same(heard(), [2, 1]);
  const late = v7();
  page.say('screen-signal', { viewingId: late, signal: offer });
  t.match(page.of('screen-viewing').at(-1), { viewingId: late, endedBecause: 'lost' });
  for (let i = 0; i < 3 * signalsBurst; i++) page.say('screen-signal', message);
  t.ok(agentPage.of('screen-signal').length <= signalsBurst + 1, 'no more than the burst');
});

t.test(
  'What is not a signal of a page that only receives, or only sends, one picture is not relayed',
  async (t) => {
    const viewingId = v7();
    const fromViewer = (signal: unknown) => viewerMessageOf({ viewingId, signal }) !== null;
    const fromSharer = (signal: unknown) => sharerMessageOf({ viewingId, signal }) !== null;
    t.ok(fromViewer(offer) && fromSharer(answer));
    t.notOk(fromViewer({ kind: 'offer', sdp: sdpOf('sendrecv') }), 'a viewer who would send');
    t.notOk(fromViewer({ kind: 'offer', sdp: sdpOf('recvonly').replace('a=recvonly\r\n', '') }));
    t.notOk(fromSharer({ kind: 'answer', sdp: sdpOf('sendrecv') }));
    for (const part of [
      'm=audio 9 UDP 0',
      'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
      'm=video 9 UDP 97',
    ])
      t.notOk(fromViewer({ kind: 'offer', sdp: sdpOf('recvonly', `${part}\r\na=recvonly\r\n`) }), part);
    const long = (length: number) => ({ kind: 'offer', sdp: sdpOf('recvonly').padEnd(length, '\r\n') });
    t.ok(fromViewer(long(sdpLengthMax)));
    t.notOk(fromViewer(long(sdpLengthMax + 1)));
    for (const hostile of [
      null,
      'x',
      [],
      { kind: 'offer' },
      { ...offer, more: 1 },
      { kind: 'monitor', index: 8 },
      { kind: 'monitor', index: -1 },
      { kind: '__proto__' },
    ])
      t.notOk(fromViewer(hostile), JSON.stringify(hostile));
    t.notOk(viewerMessageOf({ viewingId: 'x'.repeat(10_000), signal: offer }));
    const budget = createSignalBudget();
    const taken = Array.from({ length: signalsBurst + 1 }, () => budget.take(1_000)).filter(Boolean).length;
    t.equal(taken, signalsBurst);
    t.ok(budget.take(1_100), 'a tenth of a second later, one more');
    t.notOk(budget.take(1_100));
  },
);

t.test('No page of ours can record', async (t) => {
  const recorders: string[] = [];
  for await (const name of glob('src/**/*.{ts,tsx}', { cwd: projectFolder() }))
    if (/MediaRecorder|captureStream|ImageCapture/.test(readFileSync(join(projectFolder(), name), 'utf8')))
      recorders.push(name);
  t.same(recorders, []);
});
