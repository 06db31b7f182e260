/** The PBX's own recordings of calls that are taken over, judged by the tones in the files. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import type { PhoneCall } from '../../scripts/lab/phone-call.ts';
import { levelOf } from '../../scripts/lab/tone.ts';
import { waitFor } from '../../scripts/lab/tools.ts';
import { type TakeoverMode, takeoverModes } from '../../src/contract/supervisions.ts';
import { inState, openScene } from '../support/supervision-scene.ts';

t.setTimeout(240_000);
const bundled = await readFile(new URL('../../dialplan/extensions_vigie.conf', import.meta.url), 'utf8');
/** As FreePBX starts them: on who dialled in, on who was dialled, and by a queue itself. */
const recording = `
[numbers](+)
exten => _87XXXX,1,MixMonitor(caller-\${UNIQUEID}.wav,abi(RECORDING))
 same => n,Dial(PJSIP/\${EXTEN:2},60,tTkK)
exten => _86XXXX,1,Dial(PJSIP/\${EXTEN:2},60,tTkKU(record-called))
exten => 8900,1,Answer()
 same => n,Set(MONITOR_FILENAME=queue-\${UNIQUEID})
 same => n,Queue(recorded,tk)
exten => _850XXXXXXXXX,1,MixMonitor(caller-\${UNIQUEID}.wav,abi(RECORDING))
 same => n,Dial(PJSIP/\${EXTEN:2}@trunk,60,TK)
exten => _840XXXXXXXXX,1,Dial(PJSIP/\${EXTEN:2}@trunk,60,TKU(record-called))
[record-called]
exten => s,1,MixMonitor(called-\${UNIQUEID}.wav,abi(RECORDING))
 same => n,Return()
`;
const queue = '[recorded]\nmonitor-format = wav\nmonitor-type = MixMonitor\nmember => PJSIP/1001\n';
const scene = await openScene({
  name: 'recording',
  pbx: { dialplan: `${bundled}\n${recording}`, append: { 'queues.conf': queue } },
});
t.teardown(() => scene.close());
const { lab } = scene;
const viewer = scene.viewer('1901');
const folder = join(lab.pbx.celFile, '../../../spool/monitor');

interface Way {
  name: string;
  number: string;
  isOutbound?: true;
  /** Whose channel is recorded. */
  on: 'customer' | 'agent';
}
const ways: Way[] = [
  { name: 'inbound, recorded on the customer’s channel', number: '871001', on: 'customer' },
  { name: 'a queue that records', number: '8900', on: 'customer' },
  {
    name: 'outbound, recorded on the customer’s channel',
    number: '840612345678',
    isOutbound: true,
    on: 'customer',
  },
  { name: 'inbound, recorded on the agent’s channel', number: '861001', on: 'agent' },
  {
    name: 'outbound, recorded on the agent’s channel',
    number: '850612345678',
    isOutbound: true,
    on: 'agent',
  },
];
const rateHz = 8_000;
const frameSamples = 160;
const headerBytes = 44;
const heardMin = 0.08;

/** Which tones each frame of the file holds. */
async function framesOf(file: string, tonesHz: number[]): Promise<number[][]> {
  const bytes = await readFile(file);
  const count = Math.floor((bytes.length - headerBytes) / 2 / frameSamples);
  return Array.from({ length: count }, (_, i) => {
    const samples = Float32Array.from(
      { length: frameSamples },
      (_none, k) => bytes.readInt16LE(headerBytes + (i * frameSamples + k) * 2) / 32_768,
    );
    return tonesHz.filter((hz) => levelOf(samples, hz, rateHz) > heardMin);
  });
}
/** The tones of most of these frames: a busy machine drops some. */
const mostly = (frames: number[][], tonesHz: number[]): number[] =>
  tonesHz.filter((hz) => frames.filter((frame) => frame.includes(hz)).length >= frames.length * 0.6);

/** Half a second from where the supervisor is heard first, the end of the file where he never is. */
function framesAfter(frames: number[][], supervisorHz: number): number[][] {
  const at = frames.findIndex((frame) => frame.includes(supervisorHz));
  return at < 0 ? frames.slice(-40, -10) : frames.slice(at + 10, at + 40);
}

async function talk({ number, isOutbound }: Way): Promise<{ customer: PhoneCall; agent: PhoneCall }> {
  const arrival = lab.phones.nextCall(isOutbound ? '0612345678' : '1001');
  const first = await lab.phones.call({ from: isOutbound ? '1001' : 'customer', to: number });
  const second = await arrival;
  await Promise.all([first.waitAnswered(), second.waitAnswered()]);
  return isOutbound ? { customer: second, agent: first } : { customer: first, agent: second };
}

const files = (): Promise<string[]> => readdir(folder).catch(() => []);

async function recorded(way: Way, mode: TakeoverMode, ami: boolean) {
  const run = await scene.start({ ami });
  try {
    const before = new Set(await files());
    const { customer, agent } = await talk(way);
    const legs = () => run.calls.live.legsOfDevice('main', 'PJSIP/1001');
    await waitFor('a call to take over', () => legs().some(({ takeable }) => takeable));
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const ringing = lab.phones.nextCall('1901');
    const { id } = await run.feature.start(viewer, scene.wish('1001', { mode }));
    const phone = await ringing;
    await inState(run, viewer, id, 'live');
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    // Two redirects may lose the agent's leg, who is then rung again: his old channel's recording ends with it.
    const wasRungAgain = Boolean(agent.end);
    await customer.hangup();
    await inState(run, viewer, id, 'ended');
    await waitFor('the agent to be free', () => lab.phones.callsOf('1001').length === 0);
    const file = await waitFor('the recording', async () =>
      (await files()).find((name) => !before.has(name)),
    );
    const tonesHz = [customer.toneHz, agent.toneHz, phone.toneHz];
    const frames = await framesOf(join(folder, file), tonesHz);
    const seconds = frames.length / 50;
    return {
      seconds,
      wasRungAgain,
      first: mostly(frames.slice(10, 40), tonesHz),
      after: mostly(framesAfter(frames, phone.toneHz), tonesHz),
      names: { [customer.toneHz]: 'customer', [agent.toneHz]: 'agent', [phone.toneHz]: 'supervisor' },
    };
  } finally {
    await run.abandon();
  }
}

/** By AMI both legs move as one: those that are moved are tried again. */
const cases = [
  ...ways.flatMap((way) => takeoverModes.map((mode) => ({ way, mode, ami: false }))),
  ...ways.slice(-3).map((way) => ({ way, mode: 'intercept-agent-listening' as const, ami: true })),
];
for (const { way, mode, ami } of cases) {
  t.test(`${way.name}: ${mode} ${ami ? 'by AMI' : 'by the dialplan'}`, async (t) => {
    const { first, after, names, seconds, wasRungAgain } = await recorded(way, mode, ami);
    const said = (tones: number[]) => tones.map((hz) => names[hz]);
    t.comment(`${seconds} s; first ${said(first)}, then ${said(after)}`);
    t.strictSame(said(first), ['customer', 'agent'], 'before');
    // A recording on the channel of an agent who leaves ends with that channel: nothing can keep it.
    const stays = mode === 'intercept-agent-listening' && !wasRungAgain;
    const goesOn = way.on === 'customer' || stays;
    if (ami) t.notOk(wasRungAgain, 'by AMI no leg is lost');
    t.strictSame(said(after), goesOn ? ['customer', 'supervisor'] : ['customer', 'agent'], 'after');
  });
}
