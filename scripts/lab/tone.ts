import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const sampleRateHz = 16_000;
/** Peak amplitude of every tone of the lab, as a share of full scale. */
export const toneLevel = 0.22;
/** Whole periods fit into 20 ms at every multiple of 50 Hz, so each frame of a tone is like the next. */
const toneStepHz = 50;
const tonesHz = Array.from({ length: 64 }, (_, i) => 200 + i * toneStepHz);
const seconds = 4;

/** Writes every tone once as `<dir>/<hz>/tone.sln16`, and a spoken announcement's stand-in of two seconds. */
export async function writeTones(dir: string): Promise<void> {
  if (existsSync(join(dir, 'complete'))) return;
  for (const hz of tonesHz) {
    await mkdir(join(dir, String(hz)), { recursive: true });
    await writeFile(join(dir, String(hz), 'tone.sln16'), samplesOf(hz, seconds));
  }
  await writeFile(join(dir, 'announcement.sln16'), samplesOf(announcementHz, 2));
  await writeFile(join(dir, 'complete'), '');
}

/** What the PBX's announcements sound like. */
const announcementHz = 300;

function samplesOf(hz: number, lengthSeconds: number): Buffer {
  const count = sampleRateHz * lengthSeconds;
  const bytes = Buffer.alloc(count * 2);
  for (let i = 0; i < count; i++) {
    bytes.writeInt16LE(
      Math.round(Math.sin((2 * Math.PI * hz * i) / sampleRateHz) * toneLevel * 32_767),
      i * 2,
    );
  }
  return bytes;
}

/** One class of hold music for each tone: what a phone plays while it talks. */
export function toneClasses(tonesDir: string): string {
  return tonesHz.map((hz) => `[tone${hz}]\nmode = files\ndirectory = ${tonesDir}/${hz}\n`).join('\n');
}

/** Peak amplitude of one frequency in a frame (Goertzel), as a share of full scale. */
export function levelOf(samples: Float32Array, hz: number, rateHz: number): number {
  const turn = 2 * Math.cos((2 * Math.PI * hz) / rateHz);
  let before = 0;
  let last = 0;
  for (const sample of samples) {
    const next = sample + turn * last - before;
    before = last;
    last = next;
  }
  const power = last * last + before * before - turn * last * before;
  return (2 * Math.sqrt(Math.max(power, 0))) / samples.length;
}
