import { type FileHandle, open, stat } from 'node:fs/promises';

export interface FileTail {
  /** Whole lines written since the last call, in order; [] when there are none. Throws when the file cannot be read. */
  read(): Promise<string[]>;
  close(): Promise<void>;
}

const chunkBytes = 256 * 1024;
/** A line longer than this is not of this file's kind: what was read of it is left out. */
const lineBytesMax = 128 * 1024;

/**
 * Follows a file that another program appends to and a rotation renames or empties: what the old file still holds is
 * read before the new one. Begins at the end of the file, or at its beginning when it comes later than we do.
 */
export async function openFileTail(path: string): Promise<FileTail> {
  let file: { handle: FileHandle; inode: number; at: number } | null = null;
  let rest = Buffer.alloc(0);

  async function openAgain(fromEnd: boolean): Promise<void> {
    const handle = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    });
    if (!handle) return;
    const { ino, size } = await handle.stat();
    file = { handle, inode: ino, at: fromEnd ? size : 0 };
    rest = Buffer.alloc(0);
  }

  async function drain(): Promise<string[]> {
    if (!file) return [];
    const lines: string[] = [];
    for (;;) {
      const { bytesRead, buffer } = await file.handle.read(Buffer.alloc(chunkBytes), 0, chunkBytes, file.at);
      if (bytesRead === 0) return lines;
      file.at += bytesRead;
      rest = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
      const end = rest.lastIndexOf(0x0a);
      if (end >= 0) {
        lines.push(...rest.subarray(0, end).toString('utf8').split('\n'));
        rest = rest.subarray(end + 1);
      } else if (rest.length > lineBytesMax) rest = Buffer.alloc(0);
    }
  }

  /** Another file stands under the name, or this one was emptied. */
  async function wasRotated(): Promise<boolean> {
    if (!file) return true;
    const now = await stat(path).catch(() => null);
    if (!now) return false;
    return now.ino !== file.inode || now.size < file.at;
  }

  await openAgain(true);
  return {
    async read() {
      const lines = await drain();
      if (await wasRotated()) {
        await file?.handle.close();
        file = null;
        await openAgain(false);
        lines.push(...(await drain()));
      }
      return lines.filter((line) => line !== '');
    },
    async close() {
      await file?.handle.close();
      file = null;
    },
  };
}
