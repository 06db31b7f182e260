/** What becomes of an agent whose queue call was taken over, on the real server with the manager connected. */
import t from 'tap';
import { waitFor } from '../../scripts/lab/tools.ts';
import type { Agent } from '../../src/contract/agents.ts';
import { openServedScene } from '../support/served-scene.ts';

t.setTimeout(150_000);
const scene = await openServedScene(t, 'wrap-up');
const { lab, ask } = scene;
/** Queue `wrapping`: five seconds, counted by Asterisk in whole ones. */
const wrapUpMs = { least: 3_500, most: 12_000 };

const agent = async (): Promise<Agent> => (await ask<Agent>('GET', `/agents/${scene.agentId}`)).body;
const agentIs = (state: Agent['state']) =>
  waitFor(`the agent to be ${state}`, async () => (await agent()).state === state, 15_000);

t.test('An agent whose call was taken over is in wrap-up, and it ends', async (t) => {
  await agentIs('available');
  const { customer } = await scene.talk('8009');
  const { id, phone } = await scene.supervise({ mode: 'intercept', scope: 'call' });
  await agentIs('wrap-up');
  const sinceMs = Date.now();
  t.match((await ask('GET', `/supervisions/${id}`)).body, { state: 'live' }, 'the call itself goes on');
  await agentIs('available');
  const tookMs = Date.now() - sinceMs;
  t.ok(tookMs > wrapUpMs.least && tookMs < wrapUpMs.most, `after ${tookMs} ms`);
  await phone.hangup();
  await customer.waitEnded();
  await scene.nothingOfOurs();
});

t.test('An agent who goes on listening is on the call until its end, then in wrap-up', async (t) => {
  const { customer } = await scene.talk('8009');
  const { phone } = await scene.supervise({ mode: 'intercept-agent-listening', scope: 'call' });
  await waitFor('the agent to listen', () => lab.phones.callsOf('1001').some((call) => !call.end));
  t.equal((await agent()).state, 'on-call');
  await phone.hangup();
  await customer.waitEnded();
  await waitFor('his phone to be free', () => lab.phones.callsOf('1001').length === 0);
  await agentIs('wrap-up');
  await agentIs('available');
  await scene.nothingOfOurs();
});
