import { captureRtp, type RtpPacket } from './capture.ts';
import { codecOf, createDecoder, type Decoder } from './codecs.ts';
import type { PhoneCall } from './phone-call.ts';
import type { Codec } from './roster.ts';
import { levelOf, toneLevel } from './tone.ts';
import { waitFor } from './tools.ts';

/** What one packet (20 ms) held. Levels are peak amplitudes as a share of full scale; a lab tone has 0.22. */
export interface Frame {
  atMs: number;
  rms: number;
  levels: Record<number, number>;
}

interface ToneLevels {
  mean: number;
  min: number;
  max: number;
  /** The loudest frame, and all frames' power together, in dB relative to a tone of the lab. */
  maxDb: number;
  meanDb: number;
}

/** What was sent to (or by) one phone in a span of time. */
export interface Hearing {
  codec: Codec | undefined;
  frames: Frame[];
  /** By frequency. */
  levels: Record<number, ToneLevels>;
  /** The longest time without a packet, the span's edges included, and when it began. */
  maxGapMs: number;
  maxGapAtMs: number;
  /** Frames with hardly any sound (below a hundredth of a tone). */
  silentFrames: number;
  /** How many sources (SSRC) the packets came from. */
  sources: number;
}

export interface Span {
  /** `Date.now()` milliseconds. */
  fromMs: number;
  toMs: number;
  /** Which tones to look for, multiples of 50 Hz; default: none but the sum. */
  tonesHz?: number[];
}

/** Hears everything on the wire from its start to `close()`. Nobody's recorder is asked: the packets are judged. */
export interface Ear {
  /** What the PBX (or another phone, with direct media) sent to this phone. Waits until the capture is that far. */
  heardBy(call: PhoneCall, span: Span): Promise<Hearing>;
  /** What this phone sent. */
  saidBy(call: PhoneCall, span: Span): Promise<Hearing>;
  close(): Promise<void>;
}

const silentRms = toneLevel / Math.SQRT2 / 100;
/** Decoders with a memory get this much of the stream before the span. */
const warmUpMs = 1_000;
const capturedLimitMs = 1_000;

/** @param keepMs how long packets are remembered */
export async function createEar(ports: [number, number], keepMs = 180_000): Promise<Ear> {
  let packets: RtpPacket[] = [];
  let sweepAt = 0;
  const stop = await captureRtp(ports, (packet) => {
    packets.push(packet);
    if (packet.atMs < sweepAt) return;
    sweepAt = packet.atMs + keepMs / 4;
    packets = packets.filter((kept) => kept.atMs > packet.atMs - keepMs);
  });

  const judgeWhen = async (span: Span, mine: (packet: RtpPacket) => boolean): Promise<Hearing> => {
    const captured = () =>
      (packets.at(-1)?.atMs ?? 0) > span.toMs || Date.now() > span.toMs + capturedLimitMs;
    await waitFor('the capture', captured, span.toMs - Date.now() + 2 * capturedLimitMs, 10);
    return judge(
      packets.filter((packet) => packet.atMs > span.fromMs - warmUpMs && mine(packet)),
      span,
    );
  };

  return {
    heardBy: (call, span) => judgeWhen(span, (packet) => packet.toPort === portOf(call)),
    saidBy: (call, span) => judgeWhen(span, (packet) => packet.fromPort === portOf(call)),
    close: stop,
  };
}

function portOf(call: PhoneCall): number {
  if (call.rtpPort === undefined)
    throw new Error(`${call.phone} → ${call.to} was never up, so nothing can be heard`);
  return call.rtpPort;
}

/** Judges the packets of one stream: those before the span only prepare the decoder and the first gap. */
async function judge(packets: RtpPacket[], span: Span): Promise<Hearing> {
  const audio = packets.filter((packet) => codecOf(packet.payloadType) !== undefined);
  const tonesHz = span.tonesHz ?? [];
  const { frames, codec } = await decodeAll(audio, span, tonesHz);
  const inside = audio.filter((packet) => packet.atMs >= span.fromMs && packet.atMs <= span.toMs);
  return {
    codec,
    frames,
    levels: Object.fromEntries(tonesHz.map((hz) => [hz, summary(frames.map((frame) => frame.levels[hz]!))])),
    ...longestGap(audio, span),
    silentFrames: frames.filter((frame) => frame.rms < silentRms).length,
    sources: new Set(inside.map((packet) => packet.ssrc)).size,
  };
}

async function decodeAll(audio: RtpPacket[], span: Span, tonesHz: number[]) {
  let decoder: Decoder | undefined;
  const frames: Frame[] = [];
  for (const packet of audio) {
    if (packet.atMs > span.toMs) break;
    const codec = codecOf(packet.payloadType)!;
    if (decoder?.codec !== codec) {
      decoder?.free();
      decoder = await createDecoder(codec);
    }
    const samples = decoder.decode(packet.payload);
    if (packet.atMs >= span.fromMs) frames.push(frameOf(packet.atMs, samples, decoder.rateHz, tonesHz));
  }
  decoder?.free();
  return { frames, codec: decoder?.codec };
}

function frameOf(atMs: number, samples: Float32Array, rateHz: number, tonesHz: number[]): Frame {
  let power = 0;
  for (const sample of samples) power += sample * sample;
  const levels = Object.fromEntries(tonesHz.map((hz) => [hz, levelOf(samples, hz, rateHz)]));
  return { atMs, rms: Math.sqrt(power / Math.max(samples.length, 1)), levels };
}

const decibels = (level: number) => 20 * Math.log10(Math.max(level, 1e-9) / toneLevel);

function summary(levels: number[]): ToneLevels {
  const count = Math.max(levels.length, 1);
  const max = levels.reduce((most, level) => Math.max(most, level), 0);
  const min = levels.reduce((least, level) => Math.min(least, level), levels.length === 0 ? 0 : Infinity);
  const mean = levels.reduce((sum, level) => sum + level, 0) / count;
  const power = levels.reduce((sum, level) => sum + level * level, 0) / count;
  return { mean, min, max, maxDb: decibels(max), meanDb: decibels(Math.sqrt(power)) };
}

function longestGap(packets: RtpPacket[], span: Span): { maxGapMs: number; maxGapAtMs: number } {
  const before = packets.findLast((packet) => packet.atMs < span.fromMs)?.atMs ?? span.fromMs;
  const after = packets.find((packet) => packet.atMs > span.toMs)?.atMs ?? span.toMs;
  const inside = packets.filter((packet) => packet.atMs >= span.fromMs && packet.atMs <= span.toMs);
  let maxGapMs = 0;
  let maxGapAtMs = span.fromMs;
  let last = before;
  for (const at of [...inside.map((packet) => packet.atMs), after]) {
    if (at - last > maxGapMs) {
      maxGapMs = at - last;
      maxGapAtMs = last;
    }
    last = at;
  }
  return { maxGapMs, maxGapAtMs };
}
