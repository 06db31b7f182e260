/** Calls that end while ARI is not connected: their end is the journal's, not a guess. */
import t from 'tap';
import { waitFor } from '../../scripts/lab/tools.ts';
import { sumsHold } from '../support/call-stage.ts';
import { openCallsScene } from '../support/calls-scene.ts';

t.setTimeout(120_000);
const scene = await openCallsScene({ name: 'calls-gap' }, [], { proxied: true, journal: true });
t.teardown(() => scene.close());
const { lab, proxy } = scene;
const lost = () => scene.facts.filter(({ kind }) => kind === 'pbx-lost').length;
const resynced = () => scene.facts.filter(({ kind }) => kind === 'resynced').length;

t.test(
  'Calls that end in a gap keep who hung up, the cause and the moment; one that goes on goes on',
  async (t) => {
    const numbers = { agent: '0711000021', customer: '0711000022', on: '0711000023' };
    const talk = async (number: string, to: string) => {
      const arriving = lab.phones.nextCall(to);
      const customer = await lab.phones.call({ from: 'customer', callerId: number, to });
      const agent = await arriving;
      await agent.waitAnswered();
      return { customer, agent };
    };
    const byAgent = await talk(numbers.agent, '1001');
    const byCustomer = await talk(numbers.customer, '1002');
    const goesOn = await talk(numbers.on, '1003');
    await waitFor(
      'three calls',
      () => Object.values(numbers).every((n) => scene.live(n)[0]?.phase === 'talking'),
      10_000,
    );
    const [before, beforeResync] = [lost(), resynced()];
    proxy!.cut();
    await waitFor('the gap to be noticed', () => lost() > before, 10_000);
    const cutAtMs = Date.now();
    await byAgent.agent.hangup();
    await byAgent.customer.waitEnded();
    await byCustomer.customer.hangup();
    await byCustomer.agent.waitEnded();
    const endedAtMs = Date.now();
    proxy!.mend();
    await waitFor('the connection to be back', () => resynced() > beforeResync, 15_000);
    const first = await scene.record(numbers.agent);
    t.match(first, { state: 'answered', reason: 'agent-hung-up', endedBy: 'agent', cause: 16 });
    const second = await scene.record(numbers.customer);
    t.match(second, { state: 'answered', reason: 'customer-hung-up', endedBy: 'customer', cause: 16 });
    for (const call of [first, second]) {
      const endMs = Date.parse(call.endedAt!);
      t.ok(endMs >= cutAtMs - 50 && endMs <= endedAtMs + 50, `ended in the gap, at ${call.endedAt}`);
      t.equal(call.lastSeenAt, null, 'nothing is unknown about its end');
      sumsHold(t, call);
    }
    t.equal(scene.live(numbers.on)[0]?.phase, 'talking', 'the third goes on');
    await goesOn.agent.hangup();
    t.match(await scene.record(numbers.on), { reason: 'agent-hung-up' });
  },
);
