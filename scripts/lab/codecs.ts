import { createG722Decoder } from './g722.ts';
import type { Codec } from './roster.ts';

/** Makes samples (share of full scale) of one RTP stream's payloads, in order. */
export interface Decoder {
  codec: Codec;
  rateHz: number;
  decode(payload: Buffer): Float32Array;
}

/** Asterisk's own payload types for the codecs the lab's phones speak. */
const codecOfType: Record<number, Codec> = { 0: 'ulaw', 8: 'alaw', 9: 'g722', 107: 'opus', 118: 'slin16' };

/** The codec of a payload type; undefined for what is not audio (keys pressed, comfort noise). */
export const codecOf = (payloadType: number): Codec | undefined => codecOfType[payloadType];

export function createDecoder(codec: Codec): Decoder {
  switch (codec) {
    case 'slin16':
      return { codec, rateHz: 16_000, decode: decodeLinear };
    case 'ulaw':
      return {
        codec,
        rateHz: 8_000,
        decode: (payload) => Float32Array.from(payload, (byte) => ulawTable[byte]!),
      };
    case 'alaw':
      return {
        codec,
        rateHz: 8_000,
        decode: (payload) => Float32Array.from(payload, (byte) => alawTable[byte]!),
      };
    case 'g722':
      return { codec, rateHz: 16_000, decode: createG722Decoder() };
    case 'opus':
      throw new Error('the ear does not decode Opus: give the phone that is judged another codec');
    default:
      return codec satisfies never;
  }
}

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
