// ITU-T G.722 at 64 kbit/s, decoding only. The tables are the recommendation's.
const lowStep = [-60, -30, 58, 172, 334, 538, 1198, 3042];
const lowStepOf = [0, 7, 6, 5, 4, 3, 2, 1, 7, 6, 5, 4, 3, 2, 1, 0];
const highStep = [0, -214, 798];
const highStepOf = [2, 1, 2, 1];
const inverseLog = [
  2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834,
].concat([2896, 2960, 3025, 3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008]);
const twoBits = [-7408, -1616, 7408, 1616];
const fourBits = [0, -20456, -12896, -8968, -6288, -4240, -2584, -1200].concat([
  20456, 12896, 8968, 6288, 4240, 2584, 1200, 0,
]);
const sixBits = [
  -136, -136, -136, -136, -24808, -21904, -19008, -16704, -14984, -13512, -12280, -11192, -10232,
].concat(
  [
    -9360, -8576, -7856, -7192, -6576, -6000, -5456, -4944, -4464, -4008, -3576, -3168, -2776, -2400, -2032,
    -1688,
  ],
  [
    -1360, -1040, -728, 24808, 21904, 19008, 16704, 14984, 13512, 12280, 11192, 10232, 9360, 8576, 7856, 7192,
    6576,
  ],
  [6000, 5456, 4944, 4464, 4008, 3576, 3168, 2776, 2400, 2032, 1688, 1360, 1040, 728, 432, 136, -432, -136],
);
const mirrorFilter = [3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11];

const clip = (value: number) => Math.max(-32_768, Math.min(32_767, value));

/** One of the two bands: an adaptive predictor with two poles and six zeros. */
class Band {
  estimate = 0;
  logStep = 0;
  step: number;
  private zeroPart = 0;
  private reconstructed = [0, 0, 0];
  private partial = [0, 0, 0];
  private poles = [0, 0, 0];
  private zeros = [0, 0, 0, 0, 0, 0, 0];
  private differences = [0, 0, 0, 0, 0, 0, 0];

  constructor(step: number) {
    this.step = step;
  }

  /** Block 4 of the recommendation: adapts the predictor to one difference. */
  adapt(difference: number): void {
    const { reconstructed, partial, differences } = this;
    differences[0] = difference;
    reconstructed[0] = clip(this.estimate + difference);
    partial[0] = clip(this.zeroPart + difference);
    this.adaptPoles();
    this.adaptZeros(difference);
    for (let i = 6; i > 0; i--) differences[i] = differences[i - 1]!;
    for (let i = 2; i > 0; i--) {
      reconstructed[i] = reconstructed[i - 1]!;
      partial[i] = partial[i - 1]!;
    }
    this.predict();
  }

  private adaptPoles(): void {
    const { partial, poles } = this;
    const negative = partial.map((value) => value < 0);
    const four = clip(poles[1]! * 4);
    const toward = Math.min(negative[0] === negative[1] ? -four : four, 32_767);
    const second = (toward >> 7) + (negative[0] === negative[2] ? 128 : -128) + ((poles[2]! * 32_512) >> 15);
    const secondPole = Math.max(-12_288, Math.min(12_288, second));
    const first = (negative[0] === negative[1] ? 192 : -192) + ((poles[1]! * 32_640) >> 15);
    const limit = clip(15_360 - secondPole);
    this.poles = [0, Math.max(-limit, Math.min(limit, clip(first))), secondPole];
  }

  private adaptZeros(difference: number): void {
    const grow = difference === 0 ? 0 : 128;
    for (let i = 1; i < 7; i++) {
      const same = this.differences[i]! < 0 === difference < 0;
      this.zeros[i] = clip((same ? grow : -grow) + ((this.zeros[i]! * 32_640) >> 15));
    }
  }

  private predict(): void {
    const { reconstructed, poles, zeros, differences } = this;
    const part = (weight: number, value: number) => (weight * clip(value + value)) >> 15;
    const poleSum = clip(part(poles[1]!, reconstructed[1]!) + part(poles[2]!, reconstructed[2]!));
    let zeroSum = 0;
    for (let i = 6; i > 0; i--) zeroSum += part(zeros[i]!, differences[i]!);
    this.zeroPart = clip(zeroSum);
    this.estimate = clip(poleSum + this.zeroPart);
  }
}

/** A decoder for one stream: bytes in, samples at 16 kHz out (one byte makes two). */
export function createG722Decoder(): (payload: Buffer) => Float32Array {
  const low = new Band(32);
  const high = new Band(8);
  const history = new Array<number>(24).fill(0);

  const lowBand = (code: number): number => {
    const fine = (low.step * sixBits[code & 63]!) >> 15;
    const sample = Math.max(-16_384, Math.min(16_383, low.estimate + fine));
    const coarse = (code & 63) >> 2;
    const difference = (low.step * fourBits[coarse]!) >> 15;
    const log = ((low.logStep * 127) >> 7) + lowStep[lowStepOf[coarse]!]!;
    low.logStep = Math.max(0, Math.min(18_432, log));
    low.step = stepOf(low.logStep, 8);
    low.adapt(difference);
    return sample;
  };

  const highBand = (code: number): number => {
    const difference = (high.step * twoBits[code]!) >> 15;
    const sample = Math.max(-16_384, Math.min(16_383, high.estimate + difference));
    const log = ((high.logStep * 127) >> 7) + highStep[highStepOf[code]!]!;
    high.logStep = Math.max(0, Math.min(22_528, log));
    high.step = stepOf(high.logStep, 10);
    high.adapt(difference);
    return sample;
  };

  return (payload) => {
    const samples = new Float32Array(payload.length * 2);
    for (const [i, byte] of payload.entries()) {
      const slow = lowBand(byte);
      const fast = highBand(byte >> 6);
      history.copyWithin(0, 2);
      history[22] = slow + fast;
      history[23] = slow - fast;
      let even = 0;
      let odd = 0;
      for (let k = 0; k < 12; k++) {
        odd += history[2 * k]! * mirrorFilter[k]!;
        even += history[2 * k + 1]! * mirrorFilter[11 - k]!;
      }
      samples[2 * i] = clip(even >> 11) / 32_768;
      samples[2 * i + 1] = clip(odd >> 11) / 32_768;
    }
    return samples;
  };
}

function stepOf(logStep: number, base: number): number {
  const shift = base - (logStep >> 11);
  const mantissa = inverseLog[(logStep >> 6) & 31]!;
  return (shift < 0 ? mantissa << -shift : mantissa >> shift) << 2;
}
