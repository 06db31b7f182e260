import type { Ear, Frame, Hearing } from '../../scripts/lab/ear.ts';
import type { PhoneCall } from '../../scripts/lab/phone-call.ts';
import { toneLevel } from '../../scripts/lab/tone.ts';
import type { AudioMode } from '../../src/contract/supervisions.ts';

/** One mode, from when it was asked for to when the next one was. Times are `Date.now()` milliseconds. */
export interface ModeSpan {
  mode: AudioMode;
  askedAtMs: number;
  /** When the reply came. */
  repliedAtMs: number;
  untilMs: number;
}

export interface Parties {
  customer: PhoneCall;
  agent: PhoneCall;
  supervisor: PhoneCall;
}

export interface Verdict {
  /** Sounds that reached somebody who must not hear them. */
  leaks: string[];
  /** This machine held back packets, so that holes may be its doing: judge another stretch. */
  wasDisturbed: boolean;
  /** Sentences about everything else that is not as it should be. */
  faults: string[];
  frames: number;
  /** Loudest frame of the supervisor's tone that the customer was sent while he must not hear it, in dB of a tone. */
  leakDb: number;
  gapMs: number;
  /** Gap of what the phones sent, which the PBX passes on: the machine's own stutter. */
  ownGapMs: number;
  /** Frames that are not right, just after the machine itself stuttered. */
  excusedFrames: number;
  /** Of the supervisor's, switches included. */
  silentFrames: number;
}

/** A mode holds from this long after the reply (the contract). */
export const settleMs = 100;
/** A frame is sent on some time after it was made. */
const transitMs = 60;
const gapMaxMs = 40;
const tolerance = 0.1;
/**
 * Asterisk reads and mixes a supervisor's audio by a timer of its own and without a jitter buffer: when this machine delays a
 * packet by some milliseconds, one frame may come out silent. So a single frame is no fault, nor are those just after a phone's own packet
 * came late, as long as there are few of them in all.
 */
const stutterMs = 24;
const stutterEffectMs = 500;
const excusedMaxShare = 0.01;
/** Two missing frames closer than this are not each alone. */
const aloneMs = 45;
const silentRms = toneLevel / 100;

export const decibels = (level: number) => 20 * Math.log10(Math.max(level, 1e-9) / toneLevel);

/**
 * Judges every frame that the PBX sent to each of the three, by the tone each party plays. The supervisor must be with
 * the call during the whole of `spans`.
 * @param leakMaxDb what counts as a leak: A-law and µ-law have noise of their own, verdict phones have none
 */
export async function judgeWhoHearsWhom(
  ear: Ear,
  parties: Parties,
  spans: ModeSpan[],
  leakMaxDb = -60,
): Promise<Verdict> {
  const fromMs = spans[0]!.repliedAtMs + settleMs;
  const toMs = spans.at(-1)!.untilMs;
  const tones = toneOf(parties);
  const span = { fromMs, toMs, tonesHz: Object.values(tones) };
  const customer = await ear.heardBy(parties.customer, span);
  const agent = await ear.heardBy(parties.agent, span);
  const supervisor = await ear.heardBy(parties.supervisor, span);
  const sent = [await ear.saidBy(parties.customer, span), await ear.saidBy(parties.agent, span)];
  const spoken = await ear.saidBy(parties.supervisor, { ...span, fromMs: fromMs - stutterEffectMs });
  const excuse = createExcuse([...sent, spoken]);
  const leaks: string[] = [];
  const faults = [
    ...faultsOf('customer', customer, spans, {
      must: [tones.agent],
      when: hearsSupervisor(tones.supervisor, ['barge']),
      excuse,
      leaks,
      leakMaxDb,
    }),
    ...faultsOf('agent', agent, spans, {
      must: [tones.customer],
      when: hearsSupervisor(tones.supervisor, ['whisper', 'barge']),
      excuse,
      leaks,
      leakMaxDb,
    }),
    ...faultsOf('supervisor', supervisor, spans, {
      must: [tones.customer, tones.agent],
      when: null,
      excuse,
      leaks,
      leakMaxDb,
    }),
  ];
  const gapMs = Math.max(customer.maxGapMs, agent.maxGapMs);
  const ownGapMs = Math.max(...sent.map((hearing) => hearing.maxGapMs));
  if (gapMs > Math.max(gapMaxMs, ownGapMs + 20))
    faults.push(`a packet gap of ${gapMs.toFixed(0)} ms between agent and customer`);
  const silent = supervisor.frames.filter((frame) => frame.rms < silentRms);
  if (silent.some((frame) => !excuse.covers(frame.atMs))) faults.push('silence at the supervisor');
  const forbidden = customer.frames.filter((frame) => !isAllowed(spans, frame.atMs, ['barge']));
  const leakDb = decibels(
    forbidden.reduce((most, frame) => Math.max(most, frame.levels[tones.supervisor]!), 0),
  );
  if (leakDb > leakMaxDb) leaks.push(`the supervisor reached the customer at ${leakDb.toFixed(0)} dB`);
  const frames = [customer, agent, supervisor].reduce((sum, hearing) => sum + hearing.frames.length, 0);
  if (excuse.used > frames * excusedMaxShare) faults.push(`${excuse.used} of ${frames} frames are not right`);
  const wasDisturbed = Math.max(gapMs, ownGapMs, spoken.maxGapMs) > stutterMs;
  return {
    leaks,
    faults,
    wasDisturbed,
    frames,
    leakDb,
    gapMs,
    ownGapMs,
    excusedFrames: excuse.used,
    silentFrames: silent.length,
  };
}

const toneOf = ({ customer, agent, supervisor }: Parties) => ({
  customer: customer.toneHz,
  agent: agent.toneHz,
  supervisor: supervisor.toneHz,
});

interface Rule {
  /** Tones at their full level in every frame. */
  must: number[];
  /** A tone to be heard in these modes and not in the others. */
  when: { hz: number; modes: AudioMode[] } | null;
  excuse: Excuse;
  leaks: string[];
  leakMaxDb: number;
}
const hearsSupervisor = (hz: number, modes: AudioMode[]) => ({ hz, modes });

function faultsOf(who: string, hearing: Hearing, spans: ModeSpan[], rule: Rule): string[] {
  if (hearing.frames.length === 0) return [`the ${who} was sent nothing`];
  const faults: string[] = [];
  const start = spans[0]!.askedAtMs;
  for (const frame of hearing.frames) {
    const held = steadyMode(spans, frame.atMs);
    const say = (text: string) =>
      faults.push(`${who}, ${(frame.atMs - start).toFixed(0)} ms, ${held ?? 'switching'}: ${text}`);
    if (held === null) continue;
    const hears = rule.when?.modes.includes(held) ? [...rule.must, rule.when.hz] : rule.must;
    for (const hz of hears) {
      if (!isFull(frame, hz) && !rule.excuse.covers(frame.atMs))
        say(`${hz} Hz at ${frame.levels[hz]!.toFixed(4)}`);
    }
    if (!rule.when) continue;
    const { hz, modes } = rule.when;
    if (!modes.includes(held) && decibels(frame.levels[hz]!) > rule.leakMaxDb) {
      rule.leaks.push(`${who}, ${(frame.atMs - start).toFixed(0)} ms, ${held}: ${hz} Hz`);
    }
  }
  return faults;
}

interface Excuse {
  covers(atMs: number): boolean;
  readonly used: number;
}

function createExcuse(sent: Hearing[]): Excuse {
  const stutters = sent.flatMap(({ frames }) =>
    frames
      .filter((frame, i) => i > 0 && frame.atMs - frames[i - 1]!.atMs > stutterMs)
      .map(({ atMs }) => atMs),
  );
  const hasStuttered = (atMs: number) =>
    stutters.some((stutter) => atMs > stutter - transitMs && atMs < stutter + stutterEffectMs);
  const covered = new Set<number>();
  return {
    covers(atMs) {
      const isAlone = ![...covered].some((other) => other !== atMs && Math.abs(other - atMs) < aloneMs);
      const isExcused = hasStuttered(atMs) || isAlone;
      if (isExcused) covered.add(atMs);
      return isExcused;
    },
    get used() {
      return covered.size;
    },
  };
}

const isFull = (frame: Frame, hz: number) => Math.abs(frame.levels[hz]! / toneLevel - 1) <= tolerance;

/** The mode that holds in a frame, null while it is being switched. */
export function steadyMode(spans: ModeSpan[], atMs: number): AudioMode | null {
  const span = spans.find((one) => atMs >= one.repliedAtMs + settleMs && atMs <= one.untilMs);
  return span?.mode ?? null;
}

/** Whether a frame may hold the sound of these modes: from the asking to what is under way when the next one holds. */
export function isAllowed(spans: ModeSpan[], atMs: number, modes: AudioMode[]): boolean {
  return spans.some((span, i) => {
    const endMs = (spans[i + 1]?.repliedAtMs ?? span.untilMs) + transitMs;
    return modes.includes(span.mode) && atMs >= span.askedAtMs && atMs <= endMs;
  });
}
