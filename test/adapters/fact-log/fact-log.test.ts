/** The fact log on the local disk: what was synced is there, whatever ended; what is damaged or finds no room is said. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import t, { type Test } from 'tap';
import { createFactLog, factLogFile } from '../../../src/adapters/fact-log/fact-log.ts';
import type { FactCounter, LegKey, Page } from '../../../src/ports/event-log.ts';
import { createFactSender } from '../../../src/ports/fact-sender.ts';
import type { Log } from '../../../src/ports/log.ts';
import type { TelephonyFact } from '../../../src/ports/telephony-facts.ts';
import { auditFolder } from '../../support/audit-log.ts';
import { quietLog } from '../../support/live.ts';
import { waitFor } from '../../support/wait-for.ts';
import { holdFact } from './hold-fact.ts';

type Opened = ReturnType<typeof createFactLog>;

function open(t: Test, dataDir: string, o: { log?: Log; bytesMax?: number } = {}): Opened {
  const made = createFactLog({ dataDir, log: quietLog, ...o });
  t.teardown(() => made.close());
  return made;
}

/** What was said at the level of errors. */
function listening(): { log: Log; said: string[] } {
  const said: string[] = [];
  return { said, log: { ...quietLog, error: (_fields: object, message: string) => void said.push(message) } };
}

async function left(log: Opened) {
  const over: LegKey[] = [];
  const facts: TelephonyFact[] = [];
  const { damaged } = await log.replay({
    over: (legs) => over.push(...legs),
    facts: (some) => facts.push(...some),
  });
  const numbers = facts.map(({ sequence }) => sequence).sort((a, b) => a - b);
  return { over, numbers, damaged };
}
const upTo = (last: number, first = 1) => Array.from({ length: last - first + 1 }, (_, i) => first + i);

async function write(log: Opened, numbers: readonly number[], padding = ''): Promise<void> {
  for (const number of numbers) log.add(holdFact(number, padding));
  await log.synced();
}
const pageOf = (carry: readonly number[], over: readonly number[] = []): Page => ({
  carry: carry.map((number) => ({ leg: ['main', `leg-${number}`], facts: [holdFact(number)] })),
  over: over.map((number) => ['main', `leg-${number}`]),
});

t.test('after kill -9 in the middle of writing, every fact that was synced is read again', async (t) => {
  const dataDir = auditFolder(t);
  const adder = spawn(process.execPath, [join(import.meta.dirname, 'adder.ts'), dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(adder, 'exit');
  let last = 0;
  createInterface(adder.stdout).on('line', (line) => {
    last = Number(line);
  });
  await waitFor(() => last > 50);
  adder.kill('SIGKILL');
  await Promise.all([exited, once(adder.stdout, 'close')]);
  const { numbers, damaged } = await left(open(t, dataDir));
  t.same(numbers.slice(0, last), upTo(last));
  t.equal(damaged, 0);
});

t.test('a source on another thread writes without passing through the server’s', async (t) => {
  const dataDir = auditFolder(t);
  const log = createFactLog({ dataDir, log: quietLog });
  const taken: FactCounter = new BigInt64Array(new SharedArrayBuffer(8));
  const { port, kept } = log.openSource(taken);
  const sender = createFactSender({ port, kept });
  sender.send(2, JSON.stringify([holdFact(1), holdFact(2)]));
  sender.send(7, null);
  sender.send(1, JSON.stringify([holdFact(3)]));
  await waitFor(() => Number(Atomics.load(kept, 0)) === 10);
  // Nothing of it was taken by the server: no page may let go of it.
  for (let i = 0; i < 4; i++) log.turnPage(pageOf([]));
  await log.close();
  t.same((await left(open(t, dataDir))).numbers, [1, 2, 3]);
});

t.test('a log that does not keep up is left out beyond the bound, and the loss is told', async (t) => {
  const sent: { through: number; lost: number }[] = [];
  const port = { postMessage: (batch: { through: number; lost: number }) => void sent.push(batch) };
  const kept: FactCounter = new BigInt64Array(new SharedArrayBuffer(8));
  const sender = createFactSender({ port: port as never, kept }, { unkeptMax: 10 });
  for (let i = 0; i < 3; i++) sender.send(5, '[]');
  t.same(
    sent.map(({ through }) => through),
    [5, 10, 15],
    'up to the bound and the batch that passes it',
  );
  sender.send(5, '[]');
  t.equal(sent.length, 3);
  Atomics.store(kept, 0, 15n);
  sender.send(5, '[]');
  t.match(sent[3], { through: 25, lost: 5 });
});

t.test(
  'what is folded and over goes with the page, and what goes on is kept until its leg is over',
  async (t) => {
    const dataDir = auditFolder(t);
    let log = createFactLog({ dataDir, log: quietLog });
    await left(log);
    const again = async () => {
      await log.close();
      log = createFactLog({ dataDir, log: quietLog });
      return await left(log);
    };
    t.teardown(() => log.close());
    await write(log, upTo(10));
    log.turnPage(pageOf([]));
    await write(log, upTo(20, 11));
    // Leg 3 goes on; the others are over.
    log.turnPage(pageOf([3], [1, 2, 4, 5, 6, 7, 8, 9, 10]));
    const first = await again();
    t.same(first.numbers, [3, ...upTo(20, 11)]);
    t.equal(first.over.length, 9, 'late facts of legs that are over will be known as such');
    log.turnPage(pageOf([]));
    t.same((await again()).numbers, first.numbers, 'one page later all is there still');
    log.turnPage(pageOf([]));
    log.turnPage(pageOf([3, ...upTo(20, 11)]));
    t.same((await again()).numbers, first.numbers, 'and then what was kept anew');
    log.turnPage(pageOf([]));
    log.turnPage(pageOf([3, 11]));
    log.turnPage(pageOf([], [3]));
    t.same((await again()).numbers, [11]);
  },
);

t.test('a disk that is full is said, and what waited is written when there is room again', async (t) => {
  const dataDir = auditFolder(t);
  const folder = dirname(factLogFile(dataDir));
  mkdirSync(folder);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', folder]);
  t.teardown(() => execFileSync('umount', [folder]));
  const { log: told, said } = listening();
  const log = createFactLog({ dataDir, log: told });
  await write(log, [1]);
  const padding = 'x'.repeat(10_000);
  for (const number of upTo(400, 2)) log.add(holdFact(number, padding));
  await waitFor(() => log.state().state === 'failing');
  t.match(log.state().detail, /full/);
  t.same(said, ['The fact log cannot be written']);
  await t.rejects(log.synced(), /full/, 'who wants to be sure is told');
  await t.rejects(log.put('call-record', [{ key: 'a', body: padding.repeat(100) }]), /full/);
  execFileSync('mount', ['-o', 'remount,size=40m', folder]);
  await waitFor(() => log.state().state === 'fine');
  t.equal(log.state().lost, 0);
  await log.close();
  const next = createFactLog({ dataDir, log: quietLog });
  t.same((await left(next)).numbers, upTo(400));
  await next.close();
});

t.test('the log grows to its limit and no further, and takes facts again once some are over', async (t) => {
  const bytesMax = 1024 * 1024;
  const dataDir = auditFolder(t);
  const log = open(t, dataDir, { bytesMax });
  await left(log);
  const padding = 'x'.repeat(10_000);
  await write(log, upTo(50), padding);
  t.equal(log.state().state, 'fine', 'below it');
  for (const number of upTo(150, 51)) log.add(holdFact(number, padding));
  await waitFor(() => log.state().state === 'failing');
  t.ok(statSync(factLogFile(dataDir)).size <= bytesMax);
  log.turnPage(pageOf([]));
  log.turnPage(pageOf([], upTo(50)));
  await waitFor(() => log.state().state === 'fine');
});

t.test('a last record that was not finished is cut off and said; the rest is used', async (t) => {
  const dataDir = auditFolder(t);
  const adder = spawn(process.execPath, [join(import.meta.dirname, 'adder.ts'), dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(adder, 'exit');
  let last = 0;
  createInterface(adder.stdout).on('line', (line) => {
    last = Number(line);
  });
  await waitFor(() => last > 20);
  adder.kill('SIGKILL');
  await exited;
  const journal = `${factLogFile(dataDir)}-wal`;
  truncateSync(journal, statSync(journal).size - 1_000);
  const { log: told, said } = listening();
  const { numbers } = await left(open(t, dataDir, { log: told }));
  t.same(said, ['The fact log’s last record was not finished; it is cut off']);
  t.ok(numbers.length >= last - 2);
  t.same(numbers, upTo(numbers.length));
});

t.test('a record damaged in the middle is said, never silently skipped; the rest is used', async (t) => {
  const dataDir = auditFolder(t);
  const first = createFactLog({ dataDir, log: quietLog });
  for (const number of upTo(30)) await write(first, [number], '-padding');
  await first.close();
  const path = factLogFile(dataDir);
  const bytes = readFileSync(path);
  for (let at = 0; ; ) {
    at = bytes.indexOf('leg-17-padding', at);
    if (at < 0) break;
    bytes.write('leg-1X', at);
  }
  writeFileSync(path, bytes);
  const { log: told, said } = listening();
  const log = open(t, dataDir, { log: told });
  const { numbers, damaged } = await left(log);
  t.same(
    numbers,
    upTo(30).filter((number) => number !== 17),
  );
  t.equal(damaged, 1);
  t.equal(log.state().damaged, 1, 'the panel can say it');
  t.match(said, [/damaged/]);
});

t.test(
  'a file that is broken is set aside and said; what can be read of it is used, and the log goes on',
  async (t) => {
    for (const [what, spoil] of Object.entries({
      'a page in the middle': (bytes: Buffer) => bytes.fill(0xff, 4_096 * 40, 4_096 * 41),
      'the whole file': (bytes: Buffer) => bytes.fill('no database at all '),
    })) {
      const dataDir = auditFolder(t);
      const first = createFactLog({ dataDir, log: quietLog });
      await first.put('call-record', [{ key: 'a', body: '1' }]);
      for (const number of upTo(100)) await write(first, [number], 'x'.repeat(3_000));
      await first.close();
      const path = factLogFile(dataDir);
      writeFileSync(path, spoil(readFileSync(path)));
      const { log: told, said } = listening();
      const log = open(t, dataDir, { log: told });
      const incomplete = new Promise<void>((resolve) => {
        log.onChange(({ isIncomplete }) => isIncomplete && resolve());
      });
      const { numbers, damaged } = await left(log);
      await incomplete;
      t.ok(damaged > 0, what);
      t.ok(said.some((text) => /set aside/.test(text)));
      t.ok(
        readdirSync(dirname(path)).some((name) => name.includes('.damaged-')),
        'it is there to be looked at',
      );
      if (what !== 'the whole file') {
        t.ok(numbers.length >= 90, `${numbers.length} of 100 facts are used`);
        t.same(await log.oldest('call-record', 9), [{ key: 'a', body: '1' }], 'records that wait are saved');
      }
      await write(log, [1_000]);
    }
  },
);

t.test(
  'what waits for the database waits in its order, is replaced in its place, and goes when it is told',
  async (t) => {
    const dataDir = auditFolder(t);
    const first = createFactLog({ dataDir, log: quietLog });
    await first.put('call-record', [
      { key: 'a', body: '1' },
      { key: 'b', body: '2' },
    ]);
    await first.put('supervision', [{ key: 'a', body: 's' }]);
    await first.put('call-record', [{ key: 'a', body: '3' }]);
    await first.close();
    const log = open(t, dataDir);
    t.same(await log.oldest('call-record', 1), [{ key: 'a', body: '3' }]);
    await log.remove('call-record', [{ key: 'a', body: '1' }]);
    t.equal(await log.count('call-record'), 2, 'what was replaced meanwhile stays');
    await log.remove('call-record', [{ key: 'a', body: '3' }]);
    t.same(await log.oldest('call-record', 9), [{ key: 'b', body: '2' }]);
    t.equal(await log.count('supervision'), 1);
  },
);
