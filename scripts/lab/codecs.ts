import { OpusDecoder } from 'opus-decoder';
import { createG722Decoder } from './g722.ts';
import type { Codec } from './roster.ts';

/** Makes samples (share of full scale) of one RTP stream's payloads, in order. */
export interface Decoder {
  codec: Codec;
  rateHz: number;
  decode(payload: Buffer): Float32Array;
  /** Gives back what the decoder holds. */
  free(): void;
}

/** Asterisk's own payload types for the codecs the lab's phones speak. */
const codecOfType: Record<number, Codec> = { 0: 'ulaw', 8: 'alaw', 9: 'g722', 107: 'opus', 118: 'slin16' };

/** The codec of a payload type; undefined for what is not audio (keys pressed, comfort noise). */
export const codecOf = (payloadType: number): Codec | undefined => codecOfType[payloadType];

const nothing = () => {};

export async function createDecoder(codec: Codec): Promise<Decoder> {
  switch (codec) {
    case 'slin16':
      return { codec, rateHz: 16_000, decode: decodeLinear, free: nothing };
    case 'ulaw':
      return { codec, rateHz: 8_000, decode: (payload) => decodeByTable(payload, ulawTable), free: nothing };
    case 'alaw':
      return { codec, rateHz: 8_000, decode: (payload) => decodeByTable(payload, alawTable), free: nothing };
    case 'g722':
      return { codec, rateHz: 16_000, decode: createG722Decoder(), free: nothing };
    case 'opus':
      return createOpusDecoder();
    default:
      return codec satisfies never;
  }
}

async function createOpusDecoder(): Promise<Decoder> {
  const rateHz = 16_000;
  const opus = new OpusDecoder({ channels: 1, sampleRate: rateHz });
  await opus.ready;
  const decode = (payload: Buffer) => opus.decodeFrame(payload).channelData[0] ?? new Float32Array(0);
  return { codec: 'opus', rateHz, decode, free: () => opus.free() };
}

const decodeByTable = (payload: Buffer, table: number[]) =>
  Float32Array.from(payload, (byte) => table[byte]!);

/** L16 of RFC 3551: network byte order. */
function decodeLinear(payload: Buffer): Float32Array {
  const samples = new Float32Array(payload.length >> 1);
  for (let i = 0; i < samples.length; i++) samples[i] = payload.readInt16BE(i * 2) / 32_768;
  return samples;
}

const bytes = Array.from({ length: 256 }, (_, byte) => byte);

/** G.711 µ-law. */
const ulawTable = bytes.map((byte) => {
  const value = ~byte & 255;
  const magnitude = ((((value & 15) << 3) + 132) << ((value & 112) >> 4)) - 132;
  return (value & 128 ? -magnitude : magnitude) / 32_768;
});

/** G.711 A-law. */
const alawTable = bytes.map((byte) => {
  const value = byte ^ 85;
  const exponent = (value & 112) >> 4;
  const mantissa = (value & 15) << 4;
  const magnitude = exponent === 0 ? mantissa + 8 : (mantissa + 264) << (exponent - 1);
  return (value & 128 ? magnitude : -magnitude) / 32_768;
});
