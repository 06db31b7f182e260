import { createHash } from 'node:crypto';
import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Where in which file reading goes on; good over restarts of this program and rotations of the file. */
export interface FilePosition {
  inode: number;
  /** The file's first bytes, by which it is known again under another name or as a copy. */
  head: { bytes: number; sha256: string };
  offset: number;
  /** By this machine's clock: files changed later may hold what came after. */
  readAtMs: number;
}
export interface TailBatch {
  /** Whole lines in their order, without those that are empty or longer than `lineBytesMax`. */
  lines: string[];
  /** After the last of them. */
  position: FilePosition;
}
export interface FileTail {
  /**
   * The next lines, at most about `chunkBytes` of them; null when there are none now. Without a position to go on from,
   * the first answer holds no lines, but where it begins. Throws when the file cannot be read.
   */
  read(): Promise<TailBatch | null>;
  /** Lines that were too long. */
  readonly skipped: number;
  close(): Promise<void>;
}

export const chunkBytes = 256 * 1024;
/** A line longer than this is not of this file's kind: it is left out. */
export const lineBytesMax = 128 * 1024;
const headBytesMax = 1_024;
/** What a rotation packs is not read: the position says where it was, packed bytes are others. */
const packed = /\.(gz|xz|bz2|zst|lz4|zip)$/;
const siblingsMax = 200;

/** One file being read: `at` is where the next bytes are, `rest` what of a line was read already. */
interface Opened {
  handle: FileHandle;
  inode: number;
  at: number;
  rest: Buffer;
  head: FilePosition['head'];
  changedAtMs: number;
  isSkipping: boolean;
}

/**
 * Follows a file that another program appends to. Begins where `from` says; without it at the file's end, or at its
 * beginning when it comes later than we do. Rotation by rename, by copy and truncate, deletion: what the older file
 * holds is read before the newer, wherever among its siblings it has gone, and nothing twice.
 */
export function openFileTail(path: string, from: FilePosition | null): FileTail {
  let file: Opened | null = null;
  /** Files between the one that was read and the one under the name, older first. */
  let between: string[] = [];
  let isFirst = true;
  let skipped = 0;

  async function begin(): Promise<void> {
    isFirst = false;
    const current = await openAt(path, from ? 0 : Number.POSITIVE_INFINITY);
    if (!from) file = current;
    else if (current && (await isSame(current, from))) {
      // Of a file that was empty then, all copies made since hold what is new.
      between = from.head.bytes === 0 ? await siblingsAfter(from) : [];
      file = between.length > 0 ? await next(current) : goTo(current, from);
    } else {
      await current?.handle.close();
      await goOnFrom(from);
    }
  }

  /** Finds the file of a position among the siblings; the ones newer than it, and the one under the name, follow. */
  async function goOnFrom(position: FilePosition): Promise<void> {
    const siblings = await siblingsOf(path);
    for (const [i, sibling] of siblings.entries()) {
      const opened = await openAt(sibling.path, 0);
      if (opened && (await isSame(opened, position))) {
        file = goTo(opened, position);
        between = siblings.slice(i + 1).map((one) => one.path);
        return;
      }
      await opened?.handle.close();
    }
    // It is packed or deleted: what was written after it was left is still there.
    between = await siblingsAfter(position);
    file = await next();
  }

  /** More than one rotation may have passed since the last look. */
  async function goOnAfter({ inode }: Opened): Promise<void> {
    const siblings = await siblingsOf(path);
    const at = siblings.findIndex((one) => one.inode === inode);
    between = at < 0 ? [] : siblings.slice(at + 1).map((one) => one.path);
  }

  const siblingsAfter = async ({ readAtMs }: FilePosition): Promise<string[]> =>
    (await siblingsOf(path)).filter(({ changedAtMs }) => changedAtMs > readAtMs).map((one) => one.path);

  async function next(left = file): Promise<Opened | null> {
    await left?.handle.close();
    file = null;
    for (;;) {
      const sibling = between.shift();
      if (sibling === undefined) return openAt(path, 0);
      const opened = await openAt(sibling, 0);
      if (opened) return opened;
    }
  }

  /** What is under the name is not what we read: it was renamed, emptied, or deleted and made anew. */
  async function wasRotated(): Promise<boolean> {
    if (between.length > 0) return true;
    const now = await stat(path).catch(() => null);
    if (!now) return false;
    if (!file || now.ino !== file.inode) return true;
    if (now.size === file.at && now.mtimeMs === file.changedAtMs) return false;
    file.changedAtMs = now.mtimeMs;
    return wasEmptied(file);
  }

  async function chunk(): Promise<TailBatch | null> {
    if (!file) return null;
    for (;;) {
      const { bytesRead, buffer } = await file.handle.read(Buffer.alloc(chunkBytes), 0, chunkBytes, file.at);
      if (bytesRead === 0) return null;
      file.at += bytesRead;
      const lines = take(file, buffer.subarray(0, bytesRead));
      if (lines.length > 0) return { lines, position: await settled(file) };
    }
  }

  function take(into: Opened, bytes: Buffer): string[] {
    const all = into.rest.length > 0 ? Buffer.concat([into.rest, bytes]) : bytes;
    const lines: string[] = [];
    let start = 0;
    for (let end = all.indexOf(0x0a); end >= 0; end = all.indexOf(0x0a, start)) {
      const isWhole = !into.isSkipping && end - start <= lineBytesMax;
      if (!isWhole) skipped += 1;
      else if (end > start) lines.push(textOf(all.subarray(start, end)));
      into.isSkipping = false;
      start = end + 1;
    }
    into.rest = Buffer.from(all.subarray(start));
    if (into.rest.length > lineBytesMax) {
      into.rest = Buffer.alloc(0);
      into.isSkipping = true;
    }
    return lines;
  }

  return {
    get skipped() {
      return skipped;
    },
    async read() {
      if (isFirst) {
        await begin();
        if (!from) return { lines: [], position: file ? positionOf(file) : nowhere() };
      }
      // A renamed file is read to its end before the next; an emptied one has its end in a copy, if anywhere.
      for (let turns = 0; turns < siblingsMax + 2; turns++) {
        if (await wasRotated()) {
          if (file && between.length === 0 && (await wasEmptied(file))) await goOnFromCopy();
          else {
            const rest = await chunk();
            if (rest) return rest;
            if (file && between.length === 0) await goOnAfter(file);
            file = await next();
          }
          continue;
        }
        return chunk();
      }
      return null;
    },
    async close() {
      await file?.handle.close();
      file = null;
    },
  };

  async function goOnFromCopy(): Promise<void> {
    const position = positionOf(file!);
    await file!.handle.close();
    file = null;
    await goOnFrom(position);
  }
}

/** A line in another encoding than UTF-8 is taken as Latin-1: better a wrong accent than a lost event. */
const utf8 = new TextDecoder('utf-8', { fatal: true });
function textOf(bytes: Buffer): string {
  const line = bytes.at(-1) === 0x0d ? bytes.subarray(0, -1) : bytes;
  try {
    return utf8.decode(line);
  } catch {
    return line.toString('latin1');
  }
}

const positionOf = (file: Opened): FilePosition => ({
  inode: file.inode,
  head: file.head,
  offset: file.at - file.rest.length,
  readAtMs: Date.now(),
});

/** The position after what was taken; the head grows with the file until it is long enough to tell files apart. */
async function settled(file: Opened): Promise<FilePosition> {
  const offset = file.at - file.rest.length;
  if (file.head.bytes < headBytesMax && offset > file.head.bytes)
    file.head = (await headOf(file.handle, Math.min(offset, headBytesMax))) ?? file.head;
  return positionOf(file);
}

async function openAt(path: string, offset: number): Promise<Opened | null> {
  const handle = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (!handle) return null;
  const { ino, size } = await handle.stat();
  const at = Math.min(offset, size);
  const head = (await headOf(handle, Math.min(at, headBytesMax))) ?? noHead;
  return { handle, inode: ino, at, rest: Buffer.alloc(0), head, changedAtMs: 0, isSkipping: false };
}

const goTo = (file: Opened, { offset, head }: FilePosition): Opened =>
  Object.assign(file, { at: offset, head });

/** Of a file that is not there yet: all that will be in it comes after. */
const nowhere = (): FilePosition => ({ inode: 0, head: noHead, offset: 0, readAtMs: Date.now() });

/** Before all that is in a file and in what it was rotated to. */
export const wholeFile: FilePosition = { inode: 0, head: { bytes: 0, sha256: '' }, offset: 0, readAtMs: 0 };

const noHead: FilePosition['head'] = { bytes: 0, sha256: '' };

/** Null when the file is shorter than that. */
async function headOf(handle: FileHandle, bytes: number): Promise<FilePosition['head'] | null> {
  if (bytes === 0) return noHead;
  const { bytesRead, buffer } = await handle.read(Buffer.alloc(bytes), 0, bytes, 0);
  if (bytesRead < bytes) return null;
  return { bytes, sha256: createHash('sha256').update(buffer).digest('hex') };
}

/** Whether this is the file of the position: it begins alike and is long enough. Nothing read yet: by its inode. */
async function isSame({ handle, inode }: Opened, position: FilePosition): Promise<boolean> {
  if (position.head.bytes === 0) return inode === position.inode;
  const { size } = await handle.stat();
  if (size < position.offset) return false;
  const head = await headOf(handle, position.head.bytes);
  return head?.sha256 === position.head.sha256;
}

/** Shorter than what was read of it, or of another beginning: it was emptied, and perhaps written again. */
const wasEmptied = async (file: Opened): Promise<boolean> => !(await isSame(file, positionOf(file)));

interface Sibling {
  path: string;
  inode: number;
  changedAtMs: number;
}
/** The files beside it that bear its name with something behind, older first. */
async function siblingsOf(path: string): Promise<Sibling[]> {
  const folder = dirname(path);
  const name = basename(path);
  const names = (await readdir(folder).catch(() => [])).filter(
    (one) => one.startsWith(name) && one !== name && !packed.test(one),
  );
  const found = await Promise.all(
    names.slice(0, siblingsMax).map(async (one): Promise<Sibling[]> => {
      const full = join(folder, one);
      const known = await stat(full).catch(() => null);
      return known?.isFile() ? [{ path: full, inode: known.ino, changedAtMs: known.mtimeMs }] : [];
    }),
  );
  return found.flat().sort((a, b) => a.changedAtMs - b.changedAtMs);
}
