/** Restarts and outages: what goes on, what is ended, and that nothing stays behind. */
import t from 'tap';
import { v7 } from 'uuid';
import { waitFor } from '../../scripts/lab/tools.ts';
import { auditProbeEveryMs } from '../../src/features/supervision/audit-guard.ts';
import { inState, openScene, ownOnPbx } from '../support/supervision-scene.ts';

const scene = await openScene({ name: 'sup-restart' });
t.teardown(() => scene.close());
t.setTimeout(240_000);
const { lab } = scene;
const viewer = scene.viewer('1901');
const ear = await lab.listen();

const rowOf = (id: string) =>
  scene.db.selectFrom('supervisions').selectAll().where('id', '=', id).executeTakeFirstOrThrow();

t.test('After a kill the next start goes on with what is live, in its mode, with no gap', async (t) => {
  const { customer, agent } = await scene.talk('1001', '1001');
  const before = await scene.start();
  const ringing = lab.phones.nextCall('1901');
  const { id } = await before.feature.start(viewer, scene.wish('1001'));
  await inState(before, viewer, id, 'live');
  await before.feature.change(viewer, id, { mode: 'barge' });
  await before.feature.change(viewer, id, { mode: 'whisper' });
  const phone = await ringing;
  await phone.waitAnswered();
  const killedAtMs = Date.now();
  await before.abandon();
  const after = await scene.start();
  t.ok(Date.now() - killedAtMs < 5_000, 'within five seconds');
  const adopted = after.feature.live.bySupervisor(viewer.personId);
  t.match(adopted, { id, state: 'live', mode: 'whisper' });
  const heard = await ear.heardBy(agent, {
    fromMs: killedAtMs + 100,
    toMs: Date.now(),
    tonesHz: [phone.toneHz, customer.toneHz],
  });
  const missing = heard.frames.filter((frame) => frame.levels[phone.toneHz]! < 0.15);
  const share = `${missing.length} of ${heard.frames.length}`;
  t.ok(
    missing.length < heard.frames.length / 10,
    `the agent hears the whisper all the while (without: ${share})`,
  );
  t.equal((await after.feature.change(viewer, id, { mode: 'barge' })).mode, 'barge');
  await customer.hangup();
  t.equal((await inState(after, viewer, id, 'ended')).endedBecause, 'call-ended');
  await scene.nothingOfOurs();
  const acts = () => after.audit.map(({ action }) => action).join();
  await waitFor('the audit entries', () => acts() === 'supervision.mode-changed,supervision.ended');
  await after.abandon();
});

t.test('A phone still ringing when the server was killed is hung up by the next start', async (t) => {
  const { customer } = await scene.talk('1001', '1001');
  const before = await scene.start();
  const ringing = lab.phones.nextCall('1907');
  const late = scene.viewer('1907');
  const { id } = await before.feature.start(late, scene.wish('1001'));
  const phone = await ringing;
  const isReady = () =>
    before.facts.some((fact) => fact.kind === 'own-leg-ready' && fact.channel.startsWith('Snoop/'));
  await waitFor('the snoop', isReady);
  await before.abandon();
  const after = await scene.start();
  await phone.waitEnded(5_000);
  await scene.nothingOfOurs();
  t.equal((await after.feature.get(late, id)).endedBecause, 'server-stopped');
  await waitFor('the row', async () => (await rowOf(id)).state === 'ended');
  await customer.hangup();
  await after.abandon();
});

t.test('What ended while nobody watched is ended in the records, and its rest is removed', async (t) => {
  const { customer } = await scene.talk('1001', '1001');
  const before = await scene.start();
  const ringing = lab.phones.nextCall('1901');
  const { id } = await before.feature.start(viewer, scene.wish('1001'));
  await inState(before, viewer, id, 'live');
  const phone = await ringing;
  await phone.waitAnswered();
  await before.abandon();
  await phone.hangup();
  await phone.waitEnded();
  t.ok((await ownOnPbx(lab)).length > 0, 'the snoop and the bridge are still there');
  const { id: _, ...row } = await rowOf(id);
  const elsewhere = { ...row, id: v7(), pbx: 'sold', calls: '[]', mode_changes: '[]' };
  await scene.db.insertInto('supervisions').values(elsewhere).execute();
  const after = await scene.start();
  await scene.nothingOfOurs();
  for (const one of [id, elsewhere.id]) {
    await waitFor('the row', async () => (await rowOf(one)).state === 'ended');
    t.equal((await rowOf(one)).ended_because, 'lost');
  }
  await customer.hangup();
  await after.abandon();
});

t.test('Legs and bridges that no supervision owns are swept; those of another server are not', async (t) => {
  const { customer, agent } = await scene.talk('1001', '1001');
  const channels = await lab.pbx.ari.request<{ id: string; name: string }[]>('GET', '/channels');
  const agentLeg = channels.find(({ name }) => name.startsWith('PJSIP/1001'))!;
  const run = await scene.start({ sweepEveryMs: 300 });
  const [own, foreign] = [v7(), v7()];
  const put = (path: string, query: Record<string, string>) => lab.pbx.ari.request('POST', path, query);
  await put(`/bridges/vigie-${foreign}-bridge`, { type: 'mixing', name: `other:${foreign}` });
  await put(`/bridges/vigie-${own}-bridge`, { type: 'mixing', name: `vigie:${own}` });
  await put(`/channels/${agentLeg.id}/snoop/vigie-${own}-snoop-1`, { spy: 'both', app: 'vigie' });
  await waitFor('the sweep', async () => (await ownOnPbx(lab)).every((id) => id.includes(foreign)), 5_000);
  t.strictSame(await ownOnPbx(lab), [`vigie-${foreign}-bridge`]);
  await lab.pbx.ari.request('DELETE', `/bridges/vigie-${foreign}-bridge`);
  t.notOk(agent.end);
  await customer.hangup();
  await run.abandon();
});

t.test('Stopping the server ends every supervision, audited, and lets none begin', async (t) => {
  const { customer, agent } = await scene.talk('1001', '1001');
  const run = await scene.start();
  const second = scene.viewer('1902');
  const live = await run.feature.start(viewer, scene.wish('1001'));
  await inState(run, viewer, live.id, 'live');
  const starting = await run.feature.start(second, scene.wish('1001'));
  // One that would begin when the former one has ended, which the stop brings about.
  const third = scene.viewer('1907');
  const left = await run.feature.start(third, scene.wish('1001'));
  const ending = new Promise<void>((resolve) => {
    run.feature.live.onChange(({ id, state }) => {
      if (id === left.id && state === 'ending') resolve();
    });
  });
  const stopped = run.feature.stop(third, left.id);
  await ending;
  const waiting = t.rejects(run.feature.start(third, scene.wish('1001')), { code: 'shutting-down' });
  await run.feature.stopAll('server-stopped');
  await Promise.all([waiting, stopped]);
  t.strictSame(await ownOnPbx(lab), [], 'nothing is left when it returns');
  for (const { id } of [live, starting]) t.equal((await rowOf(id)).ended_because, 'server-stopped');
  t.equal(run.audit.filter(({ action }) => action === 'supervision.ended').length, 3);
  await t.rejects(run.feature.start(viewer, scene.wish('1001')), { code: 'shutting-down' });
  t.notOk(agent.end, 'the call goes on');
  await customer.hangup();
  await run.abandon();
});

t.test('Without an audit entry nobody hears anything, in no mode', async (t) => {
  const { customer, agent } = await scene.talk('1001', '1001');
  let fails = true;
  const run = await scene.start({ auditFails: () => fails });
  await t.rejects(run.feature.start(viewer, scene.wish('1001'), 'click'), { code: 'audit-unavailable' });
  await scene.nothingOfOurs();
  t.strictSame((await run.feature.list(viewer, { isOpen: true, limit: 50 })).items, [], 'it never was');
  t.notOk(run.facts.some((fact) => fact.kind === 'bridge-entered' && fact.bridge === 'ours'));
  t.equal(run.feature.live.bySupervisor(viewer.personId), undefined);
  fails = false;
  const { id } = await run.feature.start(viewer, scene.wish('1001'), 'click');
  await inState(run, viewer, id, 'live');
  fails = true;
  await t.rejects(run.feature.change(viewer, id, { mode: 'barge' }), { code: 'audit-unavailable' });
  t.match(await inState(run, viewer, id, 'ended'), { mode: 'listen', endedBecause: 'audit-unavailable' });
  await scene.nothingOfOurs();
  fails = false;
  const again = await run.feature.start(viewer, scene.wish('1001'), 'another click');
  await inState(run, viewer, again.id, 'live');
  t.equal((await run.feature.change(viewer, again.id, { mode: 'barge' })).mode, 'barge');
  fails = true;
  const unwritten = await inState(run, viewer, again.id, 'ended', 3 * auditProbeEveryMs);
  t.equal(unwritten.endedBecause, 'audit-unavailable', 'nor in the middle of it, with nothing to write');
  fails = false;
  t.notOk(agent.end);
  await customer.hangup();
  await scene.nothingOfOurs();
  await run.abandon();
});

t.test('A cut of the event link changes nothing; a restart of the PBX ends the supervision', async (t) => {
  await scene.talk('1001', '1001');
  const run = await scene.start();
  const { id } = await run.feature.start(viewer, scene.wish('1001'));
  await inState(run, viewer, id, 'live');
  await lab.pbx.kill();
  await lab.pbx.start();
  const ended = await inState(run, viewer, id, 'ended', 30_000);
  t.equal(ended.endedBecause, 'pbx-restarted');
  await scene.nothingOfOurs();
  await waitFor('the row', async () => (await rowOf(id)).state === 'ended');
  await run.abandon();
});
