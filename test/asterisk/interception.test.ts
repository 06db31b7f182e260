/** Calls taken over: every kind of call, with and without the agent, by AMI and by the bundled dialplan alone. */
import { readFile } from 'node:fs/promises';
import t from 'tap';
import type { PhoneCall } from '../../scripts/lab/phone-call.ts';
import { waitFor } from '../../scripts/lab/tools.ts';
import type { TakeoverMode } from '../../src/contract/supervisions.ts';
import { inState, openScene, type Run } from '../support/supervision-scene.ts';

const dialplan = await readFile(new URL('../../dialplan/extensions_vigie.conf', import.meta.url), 'utf8');
const scene = await openScene({ name: 'intercept', pbx: { dialplan } });
t.teardown(() => scene.close());
t.setTimeout(280_000);
const { lab } = scene;
const viewer = scene.viewer('1901');
const ear = await lab.listen();
const supervisorId = scene.person('1901').id;
const silenceMaxMs = 300;

async function talk(kind: string): Promise<{ customer: PhoneCall; agent: PhoneCall; number: string }> {
  if (kind === 'Dial') return { ...(await scene.talk('1001', '1001')), number: '1001' };
  if (kind === 'Queue') {
    await lab.pbx.cli('queue add member PJSIP/1001 to waiting');
    const made = await scene.talk('8010', '1001');
    await lab.pbx.cli('queue remove member PJSIP/1001 from waiting');
    return { ...made, number: '1001' };
  }
  if (kind === 'Local chain') return { ...(await scene.talk('8030', '1004')), number: '1004' };
  const arrival = lab.phones.nextCall('0612345678');
  const agent = await lab.phones.call({ from: '1001', to: '0612345678' });
  const customer = await arrival;
  await Promise.all([customer.waitAnswered(), agent.waitAnswered()]);
  return { customer, agent, number: '1001' };
}

const kinds = ['Dial', 'Queue', 'Local chain', 'outbound'];
const modes: TakeoverMode[] = ['intercept', 'intercept-agent-listening'];

async function known(run: Run, number: string): Promise<void> {
  const legs = () => run.calls.live.legsOfDevice('main', `PJSIP/${number}`);
  await waitFor('a call to take over', () => legs().some(({ takeable }) => takeable));
}

/** The longest stretch without any tone of somebody's, in what this call was sent. */
async function silenceMs(call: PhoneCall, fromMs: number, toMs: number, tonesHz: number[]): Promise<number> {
  const { frames } = await ear.heardBy(call, { fromMs, toMs, tonesHz });
  let lastMs = fromMs;
  let longest = 0;
  for (const { atMs, levels } of frames) {
    if (!tonesHz.some((hz) => levels[hz]! > 0.1)) continue;
    longest = Math.max(longest, atMs - lastMs);
    lastMs = atMs;
  }
  return Math.max(longest, toMs - lastMs);
}

async function hears(call: PhoneCall, fromMs: number, tonesHz: number[]): Promise<number[]> {
  const { levels } = await ear.heardBy(call, { fromMs, toMs: fromMs + 500, tonesHz });
  return tonesHz.filter((hz) => levels[hz]!.mean > 0.1);
}

for (const ami of [false, true]) {
  const way = ami ? 'by AMI' : 'by the dialplan alone';
  t.test(`Every kind of call is taken over ${way}`, async (t) => {
    const run = await scene.start({ ami });
    t.teardown(() => run.abandon());
    for (const kind of kinds) {
      for (const mode of modes) {
        await t.test(`${kind}, ${mode}`, async (t) => {
          const { customer, agent, number } = await talk(kind);
          await known(run, number);
          const arrival = lab.phones.nextCall('1901');
          const fromMs = Date.now();
          const { id } = await run.feature.start(viewer, scene.wish(number, { mode }));
          const phone = await arrival;
          await inState(run, viewer, id, 'live');
          if (mode === 'intercept') await agent.waitEnded();
          await new Promise((settled) => setTimeout(settled, 700));
          const heardFromMs = Date.now();
          const tones = [customer.toneHz, agent.toneHz, phone.toneHz];
          t.strictSame(await hears(customer, heardFromMs, tones), [phone.toneHz], 'the customer');
          t.strictSame(await hears(phone, heardFromMs, tones), [customer.toneHz], 'the supervisor');
          if (mode !== 'intercept') {
            const still = lab.phones.callsOf(number)[0] ?? agent;
            t.strictSame(
              await hears(still, heardFromMs, tones),
              [customer.toneHz, phone.toneHz],
              'the agent',
            );
          }
          const silence = await silenceMs(customer, fromMs, heardFromMs, [agent.toneHz, phone.toneHz]);
          t.ok(silence <= silenceMaxMs, `${silence.toFixed(0)} ms without a voice at the customer`);
          const call = run.calls.live.all().find((one) => one.endedAt === null);
          t.equal(call?.segments.at(-1)?.agent?.id, supervisorId, 'the supervisor is the call’s agent now');
          t.equal(call?.segments.at(-2)?.endedBecause, 'intercepted');
          await phone.hangup();
          await customer.waitEnded();
          const ended = await inState(run, viewer, id, 'ended');
          t.equal(ended.endedBecause, 'phone-hung-up');
          const record = await waitFor('the record', async () => {
            run.calls.settle();
            const row = await scene.db
              .selectFrom('calls')
              .selectAll()
              .orderBy('started_at', 'desc')
              .executeTakeFirst();
            return row?.id === call?.id && row;
          });
          t.equal(record.reason, 'supervisor-hung-up');
          await waitFor('the agent to be free', () => lab.phones.callsOf(number).length === 0);
          await scene.nothingOfOurs();
        });
      }
    }
  });
}
