/** What a supervisor hears by his phone ends within a second of his right being taken, in whatever way; the customer never does. */
import t from 'tap';
import { waitFor } from '../../scripts/lab/tools.ts';
import type { Supervision } from '../../src/contract/supervisions.ts';
import { openServedScene } from '../support/served-scene.ts';
import { type Order, takingWays } from '../support/taking-rights.ts';
import { runVigie } from '../support/vigie.ts';

const password = 'correct horse battery';
const limitMs = 1_000;

const scene = await openServedScene(t, 'rights');
t.setTimeout(300_000);
const { lab, agentId } = scene;
const person = ['--login', 'sam', '--name', 'Sam', '--endpoint', 'PJSIP/1902', '--team', 'North'];
const made = await runVigie(
  ['user', 'add', '--role', 'supervisor', ...person],
  scene.settings,
  `${password}\n`,
);
if (made.code !== 0) throw new Error(made.err);
const order: Order = async (method, path, body) => {
  const { status, body: answer } = await scene.ask(method, path, body);
  if (status >= 300) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(answer)}`);
  return answer;
};
const people = (await order('GET', '/people')) as { items: { id: string; login: string }[] };
const samId = people.items.find(({ login }) => login === 'sam')!.id;
await order('PATCH', `/people/${agentId}`, { teams: ['North'] });

async function signInAsSam(): Promise<string> {
  const reply = await fetch(`${scene.server().address}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ login: 'sam', password }),
  });
  return reply.headers.getSetCookie()[0]!.split(';')[0]!;
}

/** Sam's phone, once he hears. */
async function sam(wish: Pick<Supervision, 'mode' | 'scope'>) {
  const cookie = await signInAsSam();
  const ringing = lab.phones.nextCall('1902');
  const reply = await fetch(`${scene.server().address}/api/supervisions`, {
    method: 'POST',
    headers: { cookie, 'content-type': 'application/json' },
    body: JSON.stringify({ agentId, reason: 'Quality', device: 'phone', ...wish }),
  });
  const body = (await reply.json()) as Supervision;
  if (reply.status !== 201) throw new Error(JSON.stringify(body));
  const phone = await ringing;
  await scene.reach(body.id, 'live');
  return { id: body.id, phone };
}

for (const way of takingWays)
  t.test(`When ${way.name}`, async (t) => {
    for (const scope of ['call', 'agent'] as const)
      await t.test(`listening ends, scope ${scope}`, async (t) => {
        const { customer, agent } = await scene.talk();
        const { id, phone } = await sam({ mode: 'barge', scope });
        const atMs = Date.now();
        await way.take(order, samId);
        const { at } = await phone.ended;
        t.ok(at - atMs < limitMs, `his phone is let go after ${at - atMs} ms`);
        t.equal((await scene.reach(id, 'ended')).endedBecause, 'rights-removed');
        t.strictSame(await scene.hears(customer, [agent]), ['1001'], 'the call goes on');
        t.strictSame(await scene.hears(agent, [customer]), ['outside']);
        await way.giveBack(order, samId);
        await customer.hangup();
        await scene.nothingOfOurs();
      });
    await t.test('a call that he took over goes back to the agent who listens', async (t) => {
      const { customer, agent } = await scene.talk();
      const { id, phone } = await sam({ mode: 'intercept-agent-listening', scope: 'call' });
      await waitFor(
        'the customer to hear him',
        async () => (await scene.hears(customer, [phone])).length > 0,
      );
      const ringsAgain = lab.phones.nextCall('1001');
      const atMs = Date.now();
      await way.take(order, samId);
      const { at } = await phone.ended;
      t.ok(at - atMs < limitMs, `his phone is let go after ${at - atMs} ms`);
      t.equal((await scene.reach(id, 'ended')).endedBecause, 'rights-removed');
      await agent.ended;
      const again = await ringsAgain;
      await again.waitAnswered();
      t.strictSame(
        await scene.hears(customer, [again, phone]),
        ['1001'],
        'the customer talks with her again',
      );
      t.strictSame(await scene.hears(again, [customer]), ['outside']);
      t.equal(customer.end, undefined, 'and was never cut');
      await way.giveBack(order, samId);
      await customer.hangup();
      await scene.nothingOfOurs();
    });
  });
