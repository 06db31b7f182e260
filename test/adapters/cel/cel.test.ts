import { appendFileSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { createCelJournal } from '../../../src/adapters/cel/cel.ts';
import { parseCelLine } from '../../../src/adapters/cel/cel-line.ts';
import { openFileTail } from '../../../src/adapters/cel/file-tail.ts';
import { systemClock } from '../../../src/ports/clock.ts';
import type { TelephonyFact } from '../../../src/ports/telephony-facts.ts';
import { quietLog } from '../../support/calls-people.ts';
import { waitFor } from '../../support/wait-for.ts';

const line = (event: string, extra = '', uniqueId = '1700000000.7') =>
  `"${event}","1763980000.123456","${uniqueId}","${uniqueId}","PJSIP/1001-00000007","","0612345678","Zoé ""la"" R","1001","internal","AppDial","(Outgoing Line)","","${extra.replaceAll('"', '""')}"`;
const hangup = '{"hangupcause":16,"hangupsource":"PJSIP/1001-00000007","dialstatus":"ANSWER"}';

t.test(
  'a line is read with quotes, more columns and any text in names; one that is cut is not',
  async (t) => {
    t.same(parseCelLine(line('HANGUP', hangup)), {
      event: 'HANGUP',
      atMs: 1_763_980_000_123,
      uniqueId: '1700000000.7',
      channel: 'PJSIP/1001-00000007',
      hangup: { cause: 16, source: 'PJSIP/1001-00000007' },
    });
    t.ok(parseCelLine(`${line('HANGUP', hangup)},"another","column"`), 'columns an administrator added');
    t.equal(parseCelLine(line('HANGUP', 'not json'))?.hangup, null);
    t.same(parseCelLine(line('HANGUP', '{"hangupcause":999}'))?.hangup, { cause: 0, source: '' });
    const whole = line('CHAN_END', '{}');
    for (let length = 0; length < whole.length; length++) {
      const read = parseCelLine(whole.slice(0, length));
      if (read) t.fail(`cut at ${length} it was read as ${JSON.stringify(read)}`);
    }
    t.equal(parseCelLine('a,b,c'), null);
    t.equal(parseCelLine(`"HANGUP","yesterday","1.1","1.1","x","","","","","","","","","{}"`), null);
    t.equal(parseCelLine(line('CHAN_END', 'x'.repeat(64_001))), null, 'longer than any line of the PBX');
  },
);

function folder(t: Test): string {
  const made = mkdtempSync(join(tmpdir(), 'vigie-cel-'));
  t.teardown(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

t.test(
  'a file is followed through half lines, renaming and emptying, and nothing is read twice',
  async (t) => {
    const file = join(folder(t), 'journal.csv');
    writeFileSync(file, 'old\n');
    const tail = await openFileTail(file);
    t.same(await tail.read(), [], 'begins at the end');
    appendFileSync(file, 'one\ntw');
    t.same(await tail.read(), ['one']);
    appendFileSync(file, 'o\n');
    t.same(await tail.read(), ['two']);
    appendFileSync(file, 'three\n');
    renameSync(file, `${file}.1`);
    t.same(await tail.read(), ['three'], 'the last of the old one');
    t.same(await tail.read(), [], 'no file for a moment');
    writeFileSync(file, 'four\n');
    t.same(await tail.read(), ['four']);
    truncateSync(file);
    t.same(await tail.read(), []);
    appendFileSync(file, 'five\n');
    t.same(await tail.read(), ['five'], 'copytruncate');
    await tail.close();
  },
);

t.test('a leg’s end is told once, with who hung up; a journal that comes later is waited for', async (t) => {
  const file = join(folder(t), 'journal.csv');
  const facts: TelephonyFact[] = [];
  const journal = createCelJournal({ name: 'main', file, clock: systemClock, log: quietLog });
  await journal.start((fact) => void facts.push(fact));
  t.teardown(() => journal.stop());
  const lines = [line('CHAN_START'), line('HANGUP', hangup), line('CHAN_END', '{}'), 'rubbish'];
  writeFileSync(file, `${lines.join('\n')}\n`);
  await waitFor(() => facts.length, Boolean, 5_000);
  t.match(facts, [
    {
      kind: 'leg-ended',
      source: 'cel',
      pbx: 'main',
      uniqueId: '1700000000.7',
      cause: 16,
      hangupSource: 'PJSIP/1001-00000007',
      hangupSourceKnown: true,
      atMs: 1_763_980_000_123,
    },
  ]);
  appendFileSync(file, `${line('CHAN_END', '{}', '1700000000.8')}\n`);
  await waitFor(() => facts.length === 2, Boolean, 5_000);
  t.match(
    facts[1],
    { cause: 0, hangupSource: '', hangupSourceKnown: false },
    'without a HANGUP nothing is guessed',
  );
});
