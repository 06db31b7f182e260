import { createHash, timingSafeEqual } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError } from '../../contract/errors.ts';
import type { CelSource } from './cel-source.ts';
import { createFileSource, isFilePosition } from './file-source.ts';
import type { KeptPosition } from './kept-position.ts';

/** A PBX whose journal is sent to us. */
export interface Collected {
  readonly pbx: string;
  /** In the same time whatever is presented. */
  knows(token: string): boolean;
  /**
   * Takes whole lines; they are synced to the disk when it settles. Throws `overloaded` when the disk takes none, or when
   * too much waits to be read: the sender then tries again.
   */
  take(lines: Buffer): Promise<void>;
  /** Reads on what was taken. */
  readonly source: CelSource;
}

/** Lines are kept in files of that size until they are read. */
export const fileBytesMax = 32_000_000;
/** So many of them may wait; some days of a busy PBX. */
export const filesMax = 16;
/** A sender looks once a second, and again some seconds after it was refused. */
const lateMaxMs = 10_000;
const retryAfterS = 5;

export function createCollected(o: {
  pbx: string;
  token: string;
  dataDir: string;
  kept: KeptPosition;
  fileBytes?: number;
}): Collected {
  const file = join(o.dataDir, 'cel', `${o.pbx}.received.csv`);
  const of = `collected:${o.pbx}`;
  let running: Promise<unknown> = Promise.resolve();
  let rotations = 0;

  async function append(lines: Buffer): Promise<void> {
    await mkdir(dirname(file), { recursive: true });
    await makeRoom();
    const handle = await open(file, 'a', 0o600);
    try {
      const before = (await handle.stat()).size;
      try {
        await handle.appendFile(lines);
        await handle.datasync();
      } catch (error) {
        // The next ones must not be written on to half a line.
        await handle.truncate(before);
        throw error;
      }
    } finally {
      await handle.close();
    }
  }

  async function makeRoom(): Promise<void> {
    const size = await stat(file).then(
      (known) => known.size,
      () => 0,
    );
    if (size < (o.fileBytes ?? fileBytesMax)) return;
    const older = await removeRead();
    if (older >= filesMax) throw new Error('too much waits to be read');
    await rename(file, `${file}.${Date.now()}-${rotations++}`);
  }

  /** Removes what was read; how many older files are left. */
  async function removeRead(): Promise<number> {
    const kept = await o.kept.load(of);
    const names = (await readdir(dirname(file))).filter((name) => name.startsWith(`${basename(file)}.`));
    const older = await Promise.all(
      names.map(async (name) => {
        const path = join(dirname(file), name);
        const { ino, mtimeMs } = await stat(path);
        return { path, ino, mtimeMs };
      }),
    );
    older.sort((a, b) => a.mtimeMs - b.mtimeMs);
    const position = kept?.position;
    if (!isFilePosition(position)) return older.length;
    // In none of them: it is in the newest file.
    const at = older.findIndex(({ ino }) => ino === position.inode);
    const read = at >= 0 ? older.slice(0, at) : older;
    for (const { path } of read) await rm(path, { force: true });
    return older.length - read.length;
  }

  const source = createFileSource(file, { of, setting: 'COLLECT_TOKEN', lateMaxMs, isOwn: true });
  return {
    pbx: o.pbx,
    source,
    knows: (token) => timingSafeEqual(digest(token), digest(o.token)),
    async take(lines) {
      if (lines.length === 0) return;
      const whole = lines.at(-1) === newline ? lines : Buffer.concat([lines, Buffer.from('\n')]);
      const done = running.then(() => append(whole));
      running = done.catch(() => {});
      try {
        await done;
      } catch (cause) {
        const refusal = new AppError('overloaded', 'The lines could not be kept; send them again', {
          retryAfterS,
        });
        refusal.cause = cause;
        throw refusal;
      }
    },
  };
}

/** Where servers share PBXs: who has this one reads what was taken, and a sender tries again until it meets that one. */
export const takenWhile = (collected: Collected, isOurs: () => boolean): Collected => ({
  ...collected,
  async take(lines) {
    if (!isOurs()) throw new AppError('overloaded', 'Another server has this PBX', { retryAfterS: 1 });
    await collected.take(lines);
  },
});

const newline = 0x0a;
const digest = (text: string) => createHash('sha256').update(text).digest();
