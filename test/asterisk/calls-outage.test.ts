/** What a record says when the PBX dies under its calls. */
import t from 'tap';
import { waitFor } from '../../scripts/lab/tools.ts';
import { sumsHold } from '../support/call-stage.ts';
import { openCallsScene } from '../support/calls-scene.ts';

t.setTimeout(120_000);
const scene = await openCallsScene({ name: 'calls-outage' });
t.teardown(() => scene.close());
const { lab } = scene;

t.test(
  'Calls under which the PBX is killed are pbx-restarted, and new ones are recorded as ever',
  async (t) => {
    const [talking, queued] = ['0711000001', '0711000002'];
    const arriving = lab.phones.nextCall('1001');
    await lab.phones.call({ from: 'customer', callerId: talking, to: '1001' });
    await (await arriving).waitAnswered();
    await lab.phones.call({ from: 'customer', callerId: queued, to: '8010' });
    const inPhase = (number: string, phase: string) =>
      scene.live(number).some((call) => call.phase === phase);
    await waitFor('both calls', () => inPhase(talking, 'talking') && inPhase(queued, 'queued'), 10_000);
    await lab.pbx.kill();
    await lab.pbx.start();
    const first = (await scene.records(talking, 1, 30_000))[0]!;
    t.match(first, { state: 'answered', reason: 'pbx-restarted', endedBy: 'system', cause: null });
    t.match(first.segments, [{ device: 'PJSIP/1001', endedBecause: 'pbx-restarted' }]);
    t.ok(first.lastSeenAt! < first.endedAt!, 'last seen alive before it was known over');
    sumsHold(t, first);
    const second = (await scene.records(queued, 1, 30_000))[0]!;
    t.match(second, {
      state: 'failed',
      reason: 'pbx-restarted',
      queueVisits: [{ queue: 'waiting', outcome: 'pbx-restarted' }],
    });
    t.same(scene.calls.live.legsOfDevice('main', 'PJSIP/1001'), [], 'the agent is on no call');
    await lab.phones.hangupAll();
    const after = '0711000003';
    await (await lab.phones.call({ from: 'customer', callerId: after, to: '8014' })).waitEnded();
    t.match(await scene.record(after), { reason: 'ended-by-dialplan' });
  },
);
