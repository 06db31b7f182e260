import { createCelClock } from './cel-clock.ts';
import { parseCelLine } from './cel-line.ts';
import type { CelSource } from './cel-source.ts';
import { type FilePosition, type FileTail, openFileTail, wholeFile } from './file-tail.ts';

/** What another file of lines than CEL_FILE is. */
interface OtherFile {
  of: string;
  setting: string;
  lateMaxMs: number;
  /** Nobody but us writes it: without a kept position all of it is new. */
  isOwn: true;
}

/** The journal as `cel_custom` writes it. */
export function createFileSource(file: string, other: OtherFile | null = null): CelSource {
  const clock = createCelClock();
  let tail: FileTail | null = null;
  let bad = 0;
  return {
    of: other?.of ?? `file:${file}`,
    setting: other?.setting ?? 'CEL_FILE',
    lookEveryMs: 200,
    lateMaxMs: other?.lateMaxMs ?? 0,
    get bad() {
      return bad + (tail?.skipped ?? 0);
    },
    open(position) {
      const beginning = other?.isOwn ? wholeFile : null;
      tail = openFileTail(file, isFilePosition(position) ? position : beginning);
    },
    async read() {
      const batch = await tail?.read();
      if (!batch) return null;
      const rows = batch.lines.flatMap((line) => parseCelLine(line, clock) ?? []);
      bad += batch.lines.length - rows.length;
      return { rows, position: batch.position };
    },
    async close() {
      await tail?.close();
    },
  };
}

export function isFilePosition(value: unknown): value is FilePosition {
  const { inode, head, offset, readAtMs } = (value ?? {}) as Partial<FilePosition>;
  return (
    typeof inode === 'number' &&
    typeof offset === 'number' &&
    typeof readAtMs === 'number' &&
    typeof head?.bytes === 'number' &&
    typeof head.sha256 === 'string'
  );
}
