import { audioContext } from './speaker.ts';

const floorDb = -60;

/** Follows how loud a stream is, 0 to 1 on a scale of 60 dB, some thirty times a second. Returns the way to stop. */
export function watchLevel(stream: MediaStream, onLevel: (level: number) => void): () => void {
  const ctx = audioContext();
  const source = ctx.createMediaStreamSource(stream);
  const analyser = ctx.createAnalyser();
  analyser.fftSize = 1024;
  source.connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  let frame = 0;
  const read = () => {
    analyser.getFloatTimeDomainData(samples);
    onLevel(levelOf(samples));
    frame = requestAnimationFrame(read);
  };
  read();
  return () => {
    cancelAnimationFrame(frame);
    source.disconnect();
    onLevel(0);
  };
}

/** Loudness of samples (−1…1) as a share of the meter. Pure. */
export function levelOf(samples: Float32Array): number {
  let power = 0;
  for (const sample of samples) power += sample * sample;
  const db = 10 * Math.log10(Math.max(power / samples.length, 1e-12));
  return Math.min(1, Math.max(0, 1 - db / floorDb));
}
