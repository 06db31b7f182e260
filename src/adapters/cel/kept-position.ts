import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** What is kept of the reading of one PBX's journal. */
export interface Kept {
  /** Which file or table, without credentials: a position in another one is none. */
  of: string;
  /** As the source gave it. */
  position: unknown;
  /** How far the PBX's clock was ahead of ours. */
  aheadMs: number;
}

export interface KeptPosition {
  /** Null when nothing was kept, or it is of another journal or damaged. */
  load(of: string): Promise<Kept | null>;
  /** On the disk when it settles. */
  save(kept: Kept): Promise<void>;
}

/** In `cel/<pbx>.json` of a folder; whole or as before, whenever the power fails. */
export function createKeptPosition(folder: string, pbx: string): KeptPosition {
  const file = join(folder, 'cel', `${pbx}.json`);
  return {
    async load(of) {
      try {
        const kept = JSON.parse(await readFile(file, 'utf8')) as Kept;
        const aheadMs = Number.isFinite(kept.aheadMs) ? kept.aheadMs : 0;
        return kept.of === of ? { of, position: kept.position, aheadMs } : null;
      } catch {
        return null;
      }
    },
    async save(kept) {
      await mkdir(dirname(file), { recursive: true });
      const handle = await open(`${file}.new`, 'w', 0o600);
      try {
        await handle.writeFile(JSON.stringify(kept));
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(`${file}.new`, file);
      await syncFolder(dirname(file));
    },
  };
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
