/**
 * Random switches between listen, whisper and barge on one call, every 20 ms frame of every leg judged by its tone. Fails on a
 * leak, or on anything left on the PBX. Setting: SWITCHES (1000).
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type AudioMode, audioModes } from '../../src/contract/supervisions.ts';
import { inState, openScene } from '../../test/support/supervision-scene.ts';
import { judgeWhoHearsWhom, type ModeSpan, type Verdict } from '../../test/support/who-hears-whom.ts';
import { median, quantile } from './process-cost.ts';

const switches = Number(process.env['SWITCHES'] || 1_000);
const perStretch = 25;
const holdMsMax = 200;

const scene = await openScene({ name: 'bench' });
try {
  const run = await scene.start();
  const ear = await scene.lab.listen();
  const viewer = scene.viewer('1901');
  const { customer, agent } = await scene.talk('1001', '1001');
  const ringing = scene.lab.phones.nextCall('1901');
  const { id } = await run.feature.start(viewer, scene.wish('1001'));
  await inState(run, viewer, id, 'live');
  const supervisor = await ringing;
  await supervisor.waitAnswered();
  const tookMs: number[] = [];
  const verdicts: Verdict[] = [];
  let mode: AudioMode = 'listen';
  for (let made = 0; made < switches; made += perStretch) {
    const spans: ModeSpan[] = [];
    for (let i = 0; i < perStretch; i++) {
      const others = audioModes.filter((other) => other !== mode);
      mode = others[Math.floor(Math.random() * others.length)]!;
      const askedAtMs = Date.now();
      if (spans.length > 0) spans.at(-1)!.untilMs = askedAtMs;
      await run.feature.change(viewer, id, { mode });
      const repliedAtMs = Date.now();
      tookMs.push(repliedAtMs - askedAtMs);
      spans.push({ mode, askedAtMs, repliedAtMs, untilMs: 0 });
      await delay(100 + Math.random() * holdMsMax);
    }
    spans.at(-1)!.untilMs = Date.now();
    verdicts.push(await judgeWhoHearsWhom(ear, { customer, agent, supervisor }, spans));
  }
  await run.feature.stop(viewer, id);
  await customer.hangup();
  await scene.nothingOfOurs();
  const sum = (of: (verdict: Verdict) => number) => verdicts.reduce((total, one) => total + of(one), 0);
  const leaks = sum((verdict) => verdict.leaks.length);
  console.log(
    JSON.stringify({
      benchmark: 'supervision-switches',
      switches: tookMs.length,
      frames: sum((verdict) => verdict.frames),
      leaks,
      loudestLeakDb: Math.round(Math.max(...verdicts.map(({ leakDb }) => leakDb))),
      silentFramesAtSupervisor: sum((verdict) => verdict.silentFrames),
      framesNotRight: sum((verdict) => verdict.excusedFrames),
      stretchesDisturbedByThisMachine: verdicts.filter(({ wasDisturbed }) => wasDisturbed).length,
      faultsInQuietStretches: verdicts.flatMap(({ wasDisturbed, faults }) => (wasDisturbed ? [] : faults))
        .length,
      longestGapMs: Math.round(Math.max(...verdicts.map(({ gapMs }) => gapMs))),
      longestGapOfThePhonesMs: Math.round(Math.max(...verdicts.map(({ ownGapMs }) => ownGapMs))),
      switchMs: { median: median(tookMs), p90: quantile(tookMs, 0.9) },
    }),
  );
  if (leaks > 0) process.exitCode = 1;
} finally {
  await scene.close();
}
