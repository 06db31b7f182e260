/** The log on the local disk: what was acknowledged is there, whatever ended; what cannot be kept is refused. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import t, { type Test } from 'tap';
import { auditFiles, createAuditLog, writesWaitingMax } from '../../../src/adapters/audit-log/audit-log.ts';
import { type ChainedRecord, hashOf, noHash } from '../../../src/ports/audit-chain.ts';
import type { LocalAuditLog } from '../../../src/ports/audit-log.ts';
import type { Log } from '../../../src/ports/log.ts';
import { auditFolder } from '../../support/audit-log.ts';
import { quietLog } from '../../support/live.ts';
import { waitFor } from '../../support/wait-for.ts';

const record = (details: Record<string, unknown> = {}) => ({
  id: randomUUID(),
  at: new Date().toISOString(),
  action: 'test.appended',
  ...{ actorId: null, subjectId: null, callId: null },
  details,
});

function open(t: Test, dataDir: string, log: Log = quietLog): LocalAuditLog {
  const made = createAuditLog({ dataDir, log });
  t.teardown(() => made.close());
  return made;
}

async function everything(log: LocalAuditLog): Promise<ChainedRecord[]> {
  const all: ChainedRecord[] = [];
  for (;;) {
    const page = await log.after(all.at(-1)?.sequence ?? 0, 1_000);
    all.push(...page);
    if (page.length === 0) return all;
  }
}

/** What is wrong with the chain, in words; nothing when it is whole. */
function faultsOf(entries: readonly ChainedRecord[]): string[] {
  return entries.flatMap((entry, i) => {
    const before = entries[i - 1] ?? { sequence: 0, hash: noHash };
    const follows = entry.sequence === before.sequence + 1 && entry.previousHash === before.hash;
    return follows && entry.hash === hashOf(entry) ? [] : [`entry ${entry.sequence}`];
  });
}

function appender(t: Test, dataDir: string, atOnce: number) {
  const file = join(import.meta.dirname, 'appender.ts');
  const child: ChildProcess = spawn(process.execPath, [file, dataDir, String(atOnce)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  t.teardown(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const acknowledged: number[] = [];
  createInterface(child.stdout!).on('line', (line) => acknowledged.push(Number(line)));
  const kill = async () => {
    child.kill('SIGKILL');
    await Promise.all([exited, once(child.stdout!, 'close')]);
  };
  return { acknowledged, kill };
}

t.test(
  'after kill -9 in the middle of appends every acknowledged entry is there, and the chain is whole',
  async (t) => {
    const dataDir = auditFolder(t);
    let all: ChainedRecord[] = [];
    for (const atOnce of [1, 8, 40]) {
      const { acknowledged, kill } = appender(t, dataDir, atOnce);
      await waitFor(() => acknowledged.length > 50);
      await kill();
      const log = createAuditLog({ dataDir, log: quietLog });
      const { sequence } = await log.append(record());
      all = await everything(log);
      await log.close();
      const there = new Set(all.map((entry) => entry.sequence));
      t.same(
        acknowledged.filter((one) => !there.has(one)),
        [],
        `${acknowledged.length} acknowledged, ${atOnce} at once`,
      );
      t.equal(all.at(-1)!.sequence, sequence);
      t.same(faultsOf(all), []);
    }
  },
);

t.test('a server and a command write one chain, each after the other’s last', async (t) => {
  const dataDir = auditFolder(t);
  const both = [appender(t, dataDir, 3), appender(t, dataDir, 3)];
  await waitFor(() => both.every(({ acknowledged }) => acknowledged.length > 30));
  await Promise.all(both.map(({ kill }) => kill()));
  const all = await everything(open(t, dataDir));
  t.same(faultsOf(all), []);
  t.equal(new Set(all.slice(1).map(({ details }) => details['by'])).size, 2);
});

t.test(
  'a record that was not finished when the power went is found and said; the rest is used',
  async (t) => {
    const dataDir = auditFolder(t);
    const files = auditFiles(dataDir);
    const { acknowledged, kill } = appender(t, dataDir, 1);
    await waitFor(() => acknowledged.length > 20);
    await kill();
    const journal = readFileSync(`${files.log}-wal`);
    // The last frame is cut in its middle, as a write that was under way.
    const frameBytes = 24 + journal.readUInt32BE(8);
    const salts = journal.subarray(16, 24);
    let frames = 0;
    while (journal.subarray(32 + frames * frameBytes + 8, 32 + frames * frameBytes + 16).equals(salts))
      frames += 1;
    writeFileSync(`${files.log}-wal`, journal.subarray(0, 32 + frames * frameBytes - 1_000));
    const said: string[] = [];
    const log = open(t, dataDir, { ...quietLog, error: (_fields, message) => void said.push(message) });
    const { sequence } = await log.append(record());
    t.ok(sequence >= acknowledged.at(-1)! - 1 && sequence <= acknowledged.at(-1)! + 2, 'one at most is gone');
    t.match(said, [/last record was not finished/]);
    t.same(faultsOf(await everything(log)), []);
  },
);

t.test(
  'a damaged last entry is found and said; what follows builds on it, so that it stays found',
  async (t) => {
    const dataDir = auditFolder(t);
    const first = createAuditLog({ dataDir, log: quietLog });
    for (let i = 0; i < 5; i++) await first.append(record({ i }));
    await first.close();
    const file = new DatabaseSync(auditFiles(dataDir).log);
    file.exec("update entries set body = 'x' where sequence = 6");
    file.close();
    const said: object[] = [];
    const log = open(t, dataDir, { ...quietLog, error: (fields) => void said.push(fields) });
    t.match(await log.append(record()), { sequence: 7 });
    t.match(said, [{ sequences: [6] }]);
    t.same(faultsOf(await everything(log)), ['entry 6']);
  },
);

t.test('a full disk refuses the entry; once there is room, it goes on where it was', async (t) => {
  const dataDir = auditFolder(t);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=400k', 'tmpfs', dataDir], { stdio: 'pipe' });
  } catch {
    t.comment('needs to be root, with the right to mount');
    return;
  }
  t.teardown(() => execFileSync('umount', ['-l', dataDir]));
  const log = createAuditLog({ dataDir, log: quietLog });
  t.teardown(() => log.close());
  await log.append(record());
  const ballast = join(dataDir, 'ballast');
  const full = () => {
    for (let bytes = 65_536; bytes >= 256; bytes /= 2) {
      for (;;) {
        try {
          writeFileSync(ballast, Buffer.alloc(bytes, 1), { flag: 'a' });
        } catch {
          break;
        }
      }
    }
  };
  full();
  const outcomes: string[] = [];
  for (let i = 0; i < 60; i++) {
    outcomes.push(
      await log.append(record({ text: 'x'.repeat(900) })).then(
        () => 'kept',
        (error: { code: string }) => error.code,
      ),
    );
  }
  t.equal(outcomes.at(-1), 'audit-unavailable');
  t.same(
    [...new Set(outcomes)].filter((one) => one !== 'kept'),
    ['audit-unavailable'],
  );
  await t.rejects(log.probe(), { code: 'audit-unavailable' }, 'nor would it take another one');
  rmSync(ballast);
  await log.probe();
  await log.append(record());
  const all = await everything(log);
  t.same(faultsOf(all), []);
  t.equal(all.length, 3 + outcomes.filter((one) => one === 'kept').length, 'what was refused is not there');
});

t.test('a log that cannot be read, made or found again refuses every entry', async (t) => {
  const broken: [string, (dataDir: string) => void][] = [
    ['another file in its place', (dataDir) => writeFileSync(auditFiles(dataDir).log, 'x'.repeat(10_000))],
    ['a folder in its place', (dataDir) => mkdirSync(auditFiles(dataDir).log)],
    ['another key in its place', (dataDir) => writeFileSync(auditFiles(dataDir).key, 'no key')],
  ];
  for (const [what, damage] of broken) {
    const dataDir = auditFolder(t);
    mkdirSync(auditFiles(dataDir).folder);
    damage(dataDir);
    const log = open(t, dataDir);
    for (const _ of [1, 2]) await t.rejects(log.append(record()), { code: 'audit-unavailable' }, what);
    await t.rejects(log.state(), { code: 'audit-unavailable' }, what);
  }
  await t.rejects(open(t, '/proc/vigie').append(record()), { code: 'audit-unavailable' }, 'no folder');
});

t.test('a log that is taken away while it is written refuses, then begins another chain', async (t) => {
  const dataDir = auditFolder(t);
  const files = auditFiles(dataDir);
  const log = open(t, dataDir);
  const { chainId } = await log.append(record());
  for (const end of ['', '-wal', '-shm']) rmSync(files.log + end);
  await t.rejects(log.append(record()), { code: 'audit-unavailable' });
  const next = await log.append(record());
  t.not(next.chainId, chainId);
  t.ok(existsSync(files.log));
  t.equal(statSync(files.key).mode & 0o777, 0o600, 'nobody else reads the key');
});

t.test('entries that are written at once share syncs: none is lost, and their order is theirs', async (t) => {
  const log = open(t, auditFolder(t));
  await log.append(record());
  const written = await Promise.all(Array.from({ length: 2_000 }, (_, i) => log.append(record({ i }))));
  t.same(
    written.map(({ sequence }) => sequence),
    written.map((_, i) => i + 3),
  );
  t.same(faultsOf(await everything(log)), []);
});

t.test('no more wait for the disk than the bound; who comes after is refused at once', async (t) => {
  const log = open(t, auditFolder(t));
  const many = Array.from({ length: writesWaitingMax + 5 }, () => log.append(record()));
  const refused: number[] = [];
  for (const [i, one] of many.entries()) one.catch(() => refused.push(i));
  // Before anything can have come from the disk, and before the deadline of those that wait for a slow one.
  await new Promise<void>((resolve) => process.nextTick(resolve));
  const last = Array.from({ length: 5 }, (_, i) => writesWaitingMax + i);
  t.same(refused, last, 'at once, and nobody else');
  await Promise.allSettled(many);
  await log.close();
  await t.rejects(log.append(record()), { code: 'audit-unavailable' }, 'closed');
});

t.test('a folder that may not be written refuses', async (t) => {
  const dataDir = auditFolder(t);
  const first = createAuditLog({ dataDir, log: quietLog });
  await first.append(record());
  await first.close();
  const log = createAuditLog({ dataDir, log: quietLog, readOnly: true });
  t.teardown(() => log.close());
  chmodSync(auditFiles(dataDir).log, 0o400);
  await t.rejects(log.append(record()), { code: 'audit-unavailable' });
  t.equal((await everything(log)).length, 2, 'and is read all the same');
});
