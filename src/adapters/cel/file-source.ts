import { createCelClock } from './cel-clock.ts';
import type { CelColumns } from './cel-columns.ts';
import { parseCelLine } from './cel-line.ts';
import type { CelSource } from './cel-source.ts';
import { type FilePosition, type FileTail, openFileTail } from './file-tail.ts';

/** The journal as `cel_custom` writes it. */
export function createFileSource(file: string, columns: CelColumns | null): CelSource {
  const clock = createCelClock();
  let tail: FileTail | null = null;
  let bad = 0;
  return {
    of: `file:${file}`,
    setting: 'CEL_FILE',
    lookEveryMs: 200,
    lateMaxMs: 0,
    get bad() {
      return bad + (tail?.skipped ?? 0);
    },
    open(position) {
      tail = openFileTail(file, isFilePosition(position) ? position : null);
    },
    async read() {
      const batch = await tail?.read();
      if (!batch) return null;
      const rows = batch.lines.flatMap((line) => parseCelLine(line, clock, columns) ?? []);
      bad += batch.lines.length - rows.length;
      return { rows, position: batch.position };
    },
    async close() {
      await tail?.close();
    },
  };
}

function isFilePosition(value: unknown): value is FilePosition {
  const { inode, head, offset, readAtMs } = (value ?? {}) as Partial<FilePosition>;
  return (
    typeof inode === 'number' &&
    typeof offset === 'number' &&
    typeof readAtMs === 'number' &&
    typeof head?.bytes === 'number' &&
    typeof head.sha256 === 'string'
  );
}
