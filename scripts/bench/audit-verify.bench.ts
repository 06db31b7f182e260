/**
 * The audit log when it is long: how long verifying takes against a bare SELECT of the same rows on both sides (PostgreSQL
 * and the local SQLite log) with a bare SHA-256 over each, what memory it needs at a tenth of the length and at the whole,
 * how long it keeps the event loop, and how long the audit page's first page takes. Setting: ENTRIES (1000000).
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { DatabaseSync } from 'node:sqlite';
import pg from 'pg';
import { v7 } from 'uuid';
import { auditFiles, createAuditLog } from '../../src/adapters/audit-log/audit-log.ts';
import { openLogFile } from '../../src/adapters/audit-log/log-file.ts';
import type { AuditVerification } from '../../src/contract/audit.ts';
import { insertEntries } from '../../src/features/audit/audit.repository.ts';
import { createAudit } from '../../src/features/audit/audit.service.ts';
import { verifyAudit } from '../../src/features/audit/verify.ts';
import type { AuditRecord } from '../../src/ports/audit-chain.ts';
import { systemClock as clock } from '../../src/ports/clock.ts';
import { makeViewer } from '../../src/ports/viewer.ts';
import { openTestDatabase } from '../../test/support/database.ts';
import { quietLog as log } from '../../test/support/live.ts';

const total = Number(process.env['ENTRIES'] || 1_000_000);
const atOnce = 5_000;
const pageSize = 1_000;
const pages = 200;
const people = Array.from({ length: 200 }, () => v7());
const dataDir = mkdtempSync(join(tmpdir(), 'vigie-audit-bench-'));
const database = await openTestDatabase();
const { db, url } = database;
const path = auditFiles(dataDir).log;
let written = 0;

async function run(): Promise<void> {
  const first = createAuditLog({ dataDir, log });
  const { publicKey, chainId } = await first.state();
  await first.close();
  const tenth = Math.round(total / 10);
  await fill(publicKey, tenth);
  const small = await measured(verify);
  await fill(publicKey, total - tenth);
  const bareMs = await bare(chainId);
  const whole = await measured(verify);
  for (const { value } of [small, whole])
    if (!value.intact) throw new Error(JSON.stringify(value.faults.slice(0, 3)));
  console.log(
    JSON.stringify({
      benchmark: 'audit-verify',
      entries: whole.value.databaseEntries,
      verifySeconds: seconds(whole.ms),
      bareSeconds: seconds(bareMs),
      ratio: Number((whole.ms / bareMs).toFixed(2)),
      entriesPerSecond: Math.round((total / whole.ms) * 1_000),
      memoryMb: { ofATenth: small.memoryMb, ofTheWhole: whole.memoryMb },
      eventLoopDelayMs: { p99: whole.loopP99Ms, max: whole.loopMaxMs },
      ...(await readPages()),
    }),
  );
}

const seconds = (ms: number): number => Number((ms / 1_000).toFixed(1));

/** Entries as a working day makes them: most about a supervision, with the hash of its reason. */
function record(i: number): AuditRecord {
  const at = new Date(Date.parse('2026-01-01T00:00:00Z') + i * 20_000).toISOString();
  const pick = (n: number) => people[n % people.length]!;
  const about = { id: v7(), at, actorId: pick(i * 7), subjectId: pick(i * 13), callId: v7() };
  const supervisionId = v7();
  if (i === 1_000) return { ...about, action: 'test.rare', details: {} };
  if (i % 3 === 0) return { ...about, callId: null, action: 'session.signed-in', details: {} };
  if (i % 3 === 1)
    return {
      ...about,
      action: 'supervision.ended',
      details: { supervisionId, because: 'stopped', from: at },
    };
  const reasonHash = createHash('sha256').update(about.id).digest('hex');
  const details = { supervisionId, mode: 'listen', scope: 'call', device: 'phone', reasonHash };
  return { ...about, action: 'supervision.started', details };
}

/** As the server writes them, only many at once: into the local log, then into the database. */
async function fill(publicKey: string, count: number): Promise<void> {
  const file = openLogFile({ path, publicKey });
  for (const end = written + count; written < end; ) {
    const some = Array.from({ length: Math.min(atOnce, end - written) }, (_, i) => record(written + i));
    const entries = file.append(some);
    await insertEntries(db, entries);
    written += some.length;
    file.markCopied(entries.at(-1)!.sequence);
  }
  // The chain's own first entry, which no copier brings here.
  await insertEntries(db, file.after(0, 1));
  file.close();
  const client = new pg.Client(url);
  await client.connect();
  await client.query('vacuum analyze audit_entries');
  await client.end();
}

async function verify(): Promise<AuditVerification> {
  const local = createAuditLog({ dataDir, log, readOnly: true });
  try {
    return await verifyAudit({ db, local, clock });
  } finally {
    await local.close();
  }
}

async function measured<T>(act: () => Promise<T>) {
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  let peak = before;
  const sampler = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss);
  }, 50);
  const loop = monitorEventLoopDelay({ resolution: 5 });
  loop.enable();
  const startMs = performance.now();
  const value = await act();
  const ms = performance.now() - startMs;
  clearInterval(sampler);
  loop.disable();
  return {
    value,
    ms,
    memoryMb: Math.round((peak - before) / 1e6),
    loopP99Ms: Math.round(loop.percentile(99) / 1e6),
    loopMaxMs: Math.round(loop.max / 1e6),
  };
}

/** The same rows of both sides, read in the same pages, each hashed as it comes: nothing is compared. */
async function bare(chainId: string): Promise<number> {
  const client = new pg.Client(url);
  await client.connect();
  const sqlite = new DatabaseSync(path, { readOnly: true });
  const locally = sqlite.prepare('select * from entries where sequence > ? order by sequence limit ?');
  const text = `select id, at, actor_id, action, subject_id, call_id, details::text, sequence,
    previous_hash, hash from audit_entries where chain_id = $1 and sequence > $2 order by sequence limit $3`;
  const startMs = performance.now();
  for (let after = 0; ; ) {
    const { rows } = await client.query<{ sequence: number }>(text, [chainId, after, pageSize]);
    for (const row of rows) createHash('sha256').update(JSON.stringify(row)).digest('hex');
    for (const row of locally.all(after, pageSize))
      createHash('sha256').update(JSON.stringify(row)).digest('hex');
    const last = rows.at(-1);
    if (!last || rows.length < pageSize) break;
    after = Number(last.sequence);
  }
  const ms = performance.now() - startMs;
  sqlite.close();
  await client.end();
  return ms;
}

/** The page of the panel, as it asks: newest first, filtered, and from far back. */
async function readPages() {
  const local = createAuditLog({ dataDir, log });
  const audit = createAudit({ db, clock, log, local });
  const viewer = makeViewer({ id: people[0]!, name: 'M', roles: ['manager'], teamIds: [] });
  const far = Buffer.from(`2026-01-02T00:00:00.000Z|${v7()}`).toString('base64url');
  const queries = {
    first: {},
    ofOnePerson: { actor: people[3]! },
    aboutOnePerson: { subject: people[5]! },
    ofARareAction: { action: 'test.rare' },
    farBack: { cursor: far },
  };
  const pageMs: Record<string, { p50: number; p99: number }> = {};
  for (const [name, query] of Object.entries(queries)) {
    const took: number[] = [];
    for (let i = 0; i < pages; i++) {
      const startMs = performance.now();
      const { items } = await audit.list(viewer, { ...query, limit: 50 });
      if (items.length === 0) throw new Error(`Nothing was found: ${name}`);
      took.push(performance.now() - startMs);
    }
    took.sort((a, b) => a - b);
    const of = (share: number) => Number(took[Math.floor((took.length - 1) * share)]!.toFixed(1));
    pageMs[name] = { p50: of(0.5), p99: of(0.99) };
  }
  await audit.stop();
  return { pageMs };
}

await run().finally(async () => {
  await database.close();
  rmSync(dataDir, { recursive: true, force: true });
});
process.exit();
