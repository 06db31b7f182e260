/** Lines of the journal that come more than once, and journals of other Asterisks. */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { createCelJournal } from '../../../src/adapters/cel/cel.ts';
import type { CelRow } from '../../../src/adapters/cel/cel-row.ts';
import { createFileSource } from '../../../src/adapters/cel/file-source.ts';
import { createKeptPosition } from '../../../src/adapters/cel/kept-position.ts';
import { createRepeats, rowsKnownMax } from '../../../src/adapters/cel/repeats.ts';
import { systemClock } from '../../../src/ports/clock.ts';
import type { TelephonyFact } from '../../../src/ports/telephony-facts.ts';
import { stated } from '../../support/call-scenarios.ts';
import { quietLog } from '../../support/calls-people.ts';
import { journalFacts } from '../../support/journal-facts.ts';
import { folderOf } from '../../support/journal-lines.ts';
import { fold, transcripts } from '../../support/transcripts.ts';
import { waitFor } from '../../support/wait-for.ts';

const all = transcripts().filter(({ journal }) => journal.length > 0);

/** The facts of a file with these lines, as the journal's reader tells them. */
async function factsOf(t: Test, lines: readonly string[]): Promise<TelephonyFact[]> {
  const folder = folderOf(t);
  const file = join(folder, 'journal.csv');
  const facts: TelephonyFact[] = [];
  const source = createFileSource(file);
  const journal = createCelJournal({
    name: 'main',
    source,
    kept: createKeptPosition(folder, 'main'),
    needs: { synced: async () => {}, hasRoom: () => true },
    clock: systemClock,
    log: quietLog,
  });
  await journal.start((fact) => void facts.push(fact));
  // The lines are old, and their clock is right.
  const header = { pbx: 'main', source: 'ari', generation: 1, sequence: 1, atMs: 1 } as const;
  journal.notice({
    ...header,
    kind: 'pbx-connected',
    asteriskVersion: '22',
    startedAtMs: 1,
    clockAheadMs: 0,
  });
  appendFileSync(file, lines.map((line) => `${line}\n`).join(''));
  let seen = -1;
  await waitFor(() => {
    const isStill = facts.length === seen && seen > 0;
    seen = facts.length;
    return isStill;
  });
  await journal.stop();
  return facts;
}

t.test('A journal that a sender repeats in parts, or whole, tells each fact once', async (t) => {
  const lines = all.slice(0, 6).flatMap(({ journal }) => journal);
  const once = await factsOf(t, lines);
  t.ok(once.length > 100);
  const parts = Array.from({ length: Math.ceil(lines.length / 7) }, (_, i) => lines.slice(7 * i, 7 * i + 7));
  t.same(
    await factsOf(
      t,
      parts.flatMap((part) => [...part, ...part]),
    ),
    once,
    'each part twice',
  );
  t.same(await factsOf(t, [...lines, ...lines]), once, 'all of it twice');
});

t.test('Times in whole seconds: what comes at once is believed, what comes again later is not', async (t) => {
  const row: CelRow = {
    ...{
      event: 'BRIDGE_EXIT',
      atMs: 1_763_980_000_000,
      uniqueId: '1.1',
      linkedId: '1.1',
      channel: 'PJSIP/a-1',
    },
    ...{ callerNumber: '', callerName: '', exten: '', context: '', app: '', appData: '', extra: '' },
  };
  const isRepeat = createRepeats();
  t.equal(isRepeat(row), false);
  t.equal(isRepeat(row), false, 'a leg may leave a bridge twice in one second');
  t.equal(isRepeat({ ...row, atMs: row.atMs + 10_000 }), false);
  t.equal(isRepeat(row), true, 'ten seconds later it was sent again');
  for (let i = 0; i <= rowsKnownMax; i++) isRepeat({ ...row, uniqueId: `2.${i}` });
  t.equal(isRepeat(row), false, 'the newest are known only');
});

t.test('Events that this Asterisk does not know yet, or no longer, change no record', async (t) => {
  for (const { name, journal, expected } of all) {
    const foreign = journal.flatMap((line) => [
      line,
      line
        .replace(/^"[A-Z_]+"/, '"LOCAL_OPTIMIZE"')
        .replace(/,"(?:[^"]|"")*"$/, ',"{""new"":""2030""}","another","column"'),
    ]);
    const calls = fold(journalFacts(foreign));
    const plain = fold(journalFacts(journal));
    for (const wanted of Object.values(expected).flat())
      t.same(
        calls.map((call) => stated(call, wanted)),
        plain.map((call) => stated(call, wanted)),
        name,
      );
  }
});
