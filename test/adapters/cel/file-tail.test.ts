/** A file followed through everything that logrotate, administrators and power cuts do to it; real files. */
import {
  appendFileSync,
  copyFileSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import t from 'tap';
import {
  chunkBytes,
  type FilePosition,
  type FileTail,
  lineBytesMax,
  openFileTail,
} from '../../../src/adapters/cel/file-tail.ts';
import { folderOf } from '../../support/journal-lines.ts';

async function all(tail: FileTail): Promise<{ lines: string[]; position: FilePosition | null }> {
  const lines: string[] = [];
  let position: FilePosition | null = null;
  for (let batch = await tail.read(); batch; batch = await tail.read()) {
    lines.push(...batch.lines);
    position = batch.position;
  }
  return { lines, position };
}
/** Each file is older than the next by its time, as after days of rotation. */
const aged = (file: string, minutes: number) => {
  const atS = Date.now() / 1_000 - minutes * 60;
  utimesSync(file, atS, atS);
};

t.test('Half lines, renaming, emptying and deletion are followed, and nothing is read twice', async (t) => {
  const file = join(folderOf(t), 'journal.csv');
  writeFileSync(file, 'old\n');
  const tail = openFileTail(file, null);
  t.same((await all(tail)).lines, [], 'begins at the end');
  appendFileSync(file, 'one\ntw');
  t.same((await all(tail)).lines, ['one']);
  appendFileSync(file, 'o\r\n\n');
  t.same((await all(tail)).lines, ['two']);
  appendFileSync(file, 'three\n');
  renameSync(file, `${file}.1`);
  t.same((await all(tail)).lines, ['three'], 'the last of the old one');
  appendFileSync(`${file}.1`, 'late\n');
  writeFileSync(file, 'four\n');
  t.same((await all(tail)).lines, ['late', 'four']);
  truncateSync(file);
  t.same((await all(tail)).lines, []);
  appendFileSync(file, 'five is longer than what was there\n');
  t.same((await all(tail)).lines, ['five is longer than what was there'], 'emptied and written on');
  rmSync(file);
  t.same((await all(tail)).lines, []);
  writeFileSync(file, 'six\n');
  t.same((await all(tail)).lines, ['six'], 'deleted and made anew');
  await tail.close();
});

t.test(
  'What was written before a copy-and-truncate is read from the copy, then the emptied file',
  async (t) => {
    const file = join(folderOf(t), 'journal.csv');
    writeFileSync(file, 'one\n');
    const first = openFileTail(file, null);
    appendFileSync(file, 'two\n');
    t.same((await all(first)).lines, []);
    appendFileSync(file, 'three\n');
    const { lines, position } = await all(first);
    t.same(lines, ['three'], 'it began at the end');
    appendFileSync(file, 'four\n');
    copyFileSync(file, `${file}.1`);
    truncateSync(file);
    appendFileSync(file, 'five, a line long enough for the file to be longer than before\n');
    t.same((await all(first)).lines, [
      'four',
      'five, a line long enough for the file to be longer than before',
    ]);
    await first.close();
    const again = openFileTail(file, position);
    t.same(
      (await all(again)).lines,
      ['four', 'five, a line long enough for the file to be longer than before'],
      'and the same by one who was away meanwhile',
    );
    await again.close();
  },
);

t.test(
  'Who was away reads on where he was, through three rotations; packed files are left alone',
  async (t) => {
    const file = join(folderOf(t), 'journal.csv');
    writeFileSync(file, 'a line to begin with\n');
    const before = openFileTail(file, null);
    await all(before);
    appendFileSync(file, 'one\ntwo\n');
    const { position } = await all(before);
    await before.close();
    appendFileSync(file, 'three\n');
    renameSync(file, `${file}.3`);
    aged(`${file}.3`, 3);
    writeFileSync(`${file}.2`, 'four\n');
    aged(`${file}.2`, 2);
    writeFileSync(`${file}.1`, 'five\n');
    aged(`${file}.1`, 1);
    writeFileSync(`${file}.4.gz`, gzipSync('zero\n'));
    writeFileSync(file, 'six\n');
    const after = openFileTail(file, position);
    t.same((await all(after)).lines, ['three', 'four', 'five', 'six']);
    appendFileSync(file, 'seven\n');
    t.same((await all(after)).lines, ['seven']);
    await after.close();
    writeFileSync(`${file}.3.gz`, gzipSync(readFileSync(`${file}.3`)));
    rmSync(`${file}.3`);
    aged(`${file}.2`, -1);
    aged(`${file}.1`, -2);
    const packed = openFileTail(file, position);
    t.same(
      (await all(packed)).lines,
      ['four', 'five', 'six', 'seven'],
      'what its own file still held is lost',
    );
    await packed.close();
  },
);

t.test(
  'Bytes that are no UTF-8 are read as Latin-1, a line over the bound is left out and counted',
  async (t) => {
    const file = join(folderOf(t), 'journal.csv');
    const tail = openFileTail(file, null);
    t.match(await tail.read(), { lines: [] }, 'not there yet');
    const longest = 'x'.repeat(lineBytesMax);
    writeFileSync(file, Buffer.from(`Zo\xe9\n`, 'latin1'));
    appendFileSync(file, `Zoé\n${longest}\n${longest}y\n${'z'.repeat(3 * chunkBytes)}\nend\n`);
    const { lines } = await all(tail);
    t.same(lines, ['Zoé', 'Zoé', longest, 'end']);
    t.equal(tail.skipped, 2);
    await tail.close();
  },
);

t.test(
  'However often it stops, and whatever rotates meanwhile, each line is read once and in order',
  async (t) => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ do: fc.constant('write' as const), lines: fc.nat({ max: 5 }) }) },
      { weight: 3, arbitrary: fc.record({ do: fc.constant('read' as const) }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('rename' as const) }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('copy and truncate' as const) }) },
    );
    const folder = folderOf(t);
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const file = join(folder, `journal-${++runs}.csv`);
        let written = 0;
        let rotations = 0;
        let position: FilePosition | null = null;
        const read: string[] = [];
        let tail = openFileTail(file, null);
        position = (await tail.read())!.position;
        const take = async () => {
          const found = await all(tail);
          read.push(...found.lines);
          position = found.position ?? position;
        };
        for (const one of steps) {
          if (one.do === 'write')
            for (let i = 0; i < one.lines; i++) appendFileSync(file, `line ${++written} of ${runs}\n`);
          else if (one.do === 'read') await take();
          else if (one.do === 'restart') {
            await tail.close();
            tail = openFileTail(file, position);
          } else {
            // An empty file that is written, copied and emptied between two looks cannot be told from an empty one.
            appendFileSync(file, `line ${++written} of ${runs}\n`);
            await take();
            const name = `${file}.${++rotations}`;
            // Files of one rotation and the next differ in time: a file system's clock ticks every 4 ms.
            await delay(10);
            appendFileSync(file, `line ${++written} of ${runs}\n`);
            if (one.do === 'rename') renameSync(file, name);
            else {
              copyFileSync(file, name);
              truncateSync(file);
            }
            await delay(10);
          }
        }
        await take();
        await tail.close();
        t.strictSame(
          read,
          Array.from({ length: written }, (_, i) => `line ${i + 1} of ${runs}`),
          JSON.stringify(steps),
        );
      }),
      { numRuns: 60 },
    );
  },
);
