import type { Ear, Frame } from '../../scripts/lab/ear.ts';
import { toneLevel } from '../../scripts/lab/tone.ts';
import type { AudioMode } from '../../src/contract/supervisions.ts';
import { decibels, isAllowed, type ModeSpan, type Parties, settleMs, steadyMode } from './who-hears-whom.ts';

export interface SecondsVerdict {
  leaks: string[];
  faults: string[];
  /** Loudest steady second of the supervisor's tone where it must not be, above the loudest silent second, in dB. */
  aboveFloorDb: { customer: number; agent: number };
  floorDb: { customer: number; agent: number };
  /** Loudest second of what stands out at the supervisor's frequency, switches included, in dB of a tone. */
  peakDb: { customer: number; agent: number };
  seconds: number;
  /** Furthest a tone that must be heard is from its level, as a share. */
  toneOff: number;
}

const framesPerSecond = 50;
/**
 * A second differs from the next by some decibels without anybody speaking, and once a call is snooped Asterisk encodes it
 * a second time, which brings G.722's own noise from −66 to −63 dB.
 */
const aboveFloorMaxDb = 6;
/** A single frame of the supervisor's full tone brings a whole second to −17 dB. */
const peakMaxDb = -40;
const tolerance = 0.1;
/** How long after the reply these codecs may still sound of the switch. */
const clickEndsMs = 200;
/** Neighbours of a tone that whole periods of 20 ms tell apart from it. */
const aroundHz = [-150, -100, -50, 50, 100, 150];

/**
 * For codecs that spread a tone over the band (G.722, Opus). Every stretch of one second, moved on frame by frame, is compared with
 * what the same phone was sent at the supervisor's frequency during `silence`, before he came. Around a switch Asterisk begins a
 * new encoder while the phone's decoder goes on: a click, loud at all frequencies for some frames. There a leak is what
 * stands out above the frequencies around the supervisor's.
 */
export async function judgePerSecond(
  ear: Ear,
  parties: Parties,
  spans: ModeSpan[],
  silence: { fromMs: number; toMs: number },
): Promise<SecondsVerdict> {
  const { customer, agent, supervisor } = parties;
  const hz = supervisor.toneHz;
  const tonesHz = [customer.toneHz, agent.toneHz, hz, ...aroundHz.map((off) => hz + off)];
  const span = { fromMs: spans[0]!.repliedAtMs + settleMs, toMs: spans.at(-1)!.untilMs, tonesHz };
  const verdict: SecondsVerdict = {
    leaks: [],
    faults: [],
    aboveFloorDb: { customer: -Infinity, agent: -Infinity },
    floorDb: { customer: 0, agent: 0 },
    peakDb: { customer: 0, agent: 0 },
    seconds: 0,
    toneOff: 0,
  };
  const hearers = [
    { who: 'customer', phone: customer, must: [agent.toneHz], modes: ['barge'] },
    { who: 'agent', phone: agent, must: [customer.toneHz], modes: ['whisper', 'barge'] },
  ] as const satisfies { modes: readonly AudioMode[]; [more: string]: unknown }[];
  for (const { who, phone, must, modes } of hearers) {
    const allowed: AudioMode[] = [...modes];
    const before = (await ear.heardBy(phone, { ...silence, tonesHz })).frames;
    const floorDb = loudest(before, levelAt(hz));
    const { frames } = await ear.heardBy(phone, span);
    const forbidden = stretches(frames, ({ atMs }) => !isAllowed(spans, atMs, allowed));
    const steady = stretches(frames, ({ atMs }) => {
      const mode = steadyMode(spans, atMs - (clickEndsMs - settleMs));
      return mode !== null && !allowed.includes(mode) && steadyMode(spans, atMs) === mode;
    });
    const loudestDb = Math.max(...steady.map((run) => loudest(run, levelAt(hz))));
    const peakDb = Math.max(...forbidden.map((run) => loudest(run, (frame) => standsOut(frame, hz))));
    verdict.floorDb[who] = floorDb;
    verdict.aboveFloorDb[who] = loudestDb - floorDb;
    verdict.peakDb[who] = peakDb;
    verdict.seconds += forbidden.reduce((sum, run) => sum + Math.floor(run.length / framesPerSecond), 0);
    // Not a number, or −∞: there was nothing to judge, which proves nothing.
    if (!(loudestDb > -200 && loudestDb <= floorDb + aboveFloorMaxDb)) {
      verdict.leaks.push(`${who}: ${hz} Hz at ${loudestDb.toFixed(1)} dB, floor ${floorDb.toFixed(1)} dB`);
    }
    if (!(peakDb <= peakMaxDb))
      verdict.leaks.push(`${who}, in a switch: ${hz} Hz at ${peakDb.toFixed(1)} dB`);
    for (const mode of allModes) {
      const heard = allowed.includes(mode) ? [...must, hz] : [...must];
      judgeTones(
        verdict,
        who,
        mode,
        stretches(frames, ({ atMs }) => steadyMode(spans, atMs) === mode),
        heard,
      );
    }
  }
  const { frames } = await ear.heardBy(supervisor, span);
  judgeTones(verdict, 'supervisor', 'all modes', [frames], [customer.toneHz, agent.toneHz]);
  return verdict;
}

const allModes: AudioMode[] = ['listen', 'whisper', 'barge'];

function judgeTones(verdict: SecondsVerdict, who: string, when: string, runs: Frame[][], tonesHz: number[]) {
  const levels = tonesHz.flatMap((hz) =>
    runs.flatMap((run) =>
      seconds(run, levelAt(hz)).map((level) => ({ hz, off: Math.abs(level / toneLevel - 1) })),
    ),
  );
  if (levels.length === 0) verdict.faults.push(`${who}, ${when}: no whole second to judge`);
  for (const { hz, off } of levels) {
    verdict.toneOff = Math.max(verdict.toneOff, off);
    if (off > tolerance)
      verdict.faults.push(`${who}, ${when}: ${hz} Hz is off by ${(off * 100).toFixed(0)} %`);
  }
}

/** Runs of neighbouring frames for which this holds. */
function stretches(frames: Frame[], holds: (frame: Frame) => boolean): Frame[][] {
  const runs: Frame[][] = [[]];
  for (const frame of frames) {
    if (holds(frame)) runs.at(-1)!.push(frame);
    else if (runs.at(-1)!.length > 0) runs.push([]);
  }
  return runs;
}

type LevelOf = (frame: Frame) => number;

const levelAt =
  (hz: number): LevelOf =>
  (frame) =>
    frame.levels[hz]!;

/** How far the tone is above the loudest of its neighbours; what is loud at all frequencies is no tone. */
function standsOut({ levels }: Frame, hz: number): number {
  const around = Math.max(...aroundHz.map((off) => levels[hz + off]!));
  return Math.sqrt(Math.max(0, levels[hz]! ** 2 - around ** 2));
}

/** The level in every second, each beginning one frame after the one before. */
function seconds(frames: Frame[], level: LevelOf): number[] {
  const powers = frames.map((frame) => level(frame) ** 2);
  return powers.slice(0, Math.max(0, frames.length - framesPerSecond + 1)).map((_, from) => {
    const sum = powers.slice(from, from + framesPerSecond).reduce((total, power) => total + power, 0);
    return Math.sqrt(sum / framesPerSecond);
  });
}

const loudest = (frames: Frame[], level: LevelOf): number =>
  seconds(frames, level).reduce((most, one) => Math.max(most, decibels(one)), -Infinity);
