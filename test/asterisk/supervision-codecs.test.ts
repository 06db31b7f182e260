/** Who hears whom on the codecs that real phones speak, and through a queue's Local member. */
import t, { type Test } from 'tap';
import type { Codec } from '../../scripts/lab/roster.ts';
import type { AudioMode } from '../../src/contract/supervisions.ts';
import { judgePerSecond } from '../support/hears-per-second.ts';
import { startLive, walkModes } from '../support/mode-walk.ts';
import { openScene } from '../support/supervision-scene.ts';
import { judgeWhoHearsWhom } from '../support/who-hears-whom.ts';

const attemptsMax = 5;
const silenceMs = 2_500;
/** Every mode, and every switch from one to another. */
const all: AudioMode[] = ['whisper', 'barge', 'listen', 'barge', 'whisper', 'listen'];

// One supervisor hears and speaks in A-law. His tone, 1550 Hz, like the other's, 1500 Hz, is no odd multiple of
// any tone that customer or agent plays, not even folded at 8 kHz: A-law and µ-law distort there.
const scene = await openScene({ name: 'codecs', phones: { '1902': { codec: 'alaw' } } });
t.teardown(() => scene.close());
t.setTimeout(300_000);
const run = await scene.start();
const ear = await scene.lab.listen();

interface Wires {
  agentNumber: string;
  agent: Codec;
  customer: Codec;
  supervisor?: string;
  /** What the customer dials; default: the agent's number. */
  to?: string;
}

const isSpread = (codec: Codec) => codec === 'g722' || codec === 'opus';

async function prove(t: Test, { agentNumber, agent, customer, supervisor = '1901', to }: Wires) {
  const calls = await scene.talk(to ?? agentNumber, agentNumber, customer);
  const isSlow = isSpread(agent) || isSpread(customer);
  // A stretch of the call without a supervisor, to compare with.
  const fromMs = Date.now() + 300;
  if (isSlow) await new Promise((done) => setTimeout(done, silenceMs));
  const silence = { fromMs, toMs: Date.now() };
  const viewer = scene.viewer(supervisor);
  const started = await startLive(scene, run, supervisor, agentNumber, 'listen');
  const parties = { ...calls, supervisor: started.phone };
  for (let attempt = 1; ; attempt++) {
    const spans = await walkModes(run, viewer, started, all, () => (isSlow ? 1_250 : 400));
    const { leaks, faults, wasDisturbed, ...levels } = isSlow
      ? { wasDisturbed: true, ...(await judgePerSecond(ear, parties, spans, silence)) }
      : await judgeWhoHearsWhom(ear, parties, spans, -40);
    t.comment(JSON.stringify({ attempt, ...levels, faults }));
    t.strictSame(leaks, [], 'nobody hears what he must not hear');
    if (faults.length === 0 || !wasDisturbed || attempt === attemptsMax) {
      t.strictSame(faults, [], 'everyone hears whom he should');
      break;
    }
  }
  const end = Date.now();
  const heard = { fromMs: end - 300, toMs: end };
  t.equal((await ear.heardBy(calls.agent, heard)).codec, agent, 'the agent’s phone speaks that codec');
  t.equal((await ear.heardBy(calls.customer, heard)).codec, customer, 'and the customer’s');
  await run.feature.stop(viewer, started.id);
  await calls.customer.hangup();
  await scene.nothingOfOurs();
}

const wires: Wires[] = [
  { agentNumber: '1004', agent: 'alaw', customer: 'alaw' },
  { agentNumber: '1004', agent: 'alaw', customer: 'ulaw', supervisor: '1902' },
  { agentNumber: '1005', agent: 'ulaw', customer: 'ulaw' },
  { agentNumber: '1005', agent: 'ulaw', customer: 'alaw', supervisor: '1902' },
  { agentNumber: '1006', agent: 'g722', customer: 'g722' },
  { agentNumber: '1006', agent: 'g722', customer: 'alaw' },
  { agentNumber: '1007', agent: 'opus', customer: 'opus' },
  { agentNumber: '1007', agent: 'opus', customer: 'ulaw', supervisor: '1902' },
];

for (const wire of wires) {
  const { agent, customer, supervisor } = wire;
  const name = `Agent ${agent}, customer ${customer}${supervisor ? ', supervisor alaw' : ''}: everyone hears whom he should`;
  t.test(name, (t) => prove(t, wire));
}

t.test(
  'An agent whom a queue reaches through a Local member is heard and spoken to on his own phone',
  async (t) => {
    for (const number of ['1005', '1006']) scene.lab.phones.behave(number, { answer: 'busy' });
    await prove(t, { agentNumber: '1004', agent: 'alaw', customer: 'alaw', to: '8002' });
  },
);
