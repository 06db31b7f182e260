import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { createAuditLog } from '../../src/adapters/audit-log/audit-log.ts';
import type { Database } from '../../src/database/database.ts';
import { type Audit, createAudit } from '../../src/features/audit/audit.service.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { systemClock } from '../../src/ports/clock.ts';
import { quietLog } from './live.ts';

/** The audit log as the server has it, with its local log in a folder of the test's own. */
export function testAudit(t: Test, o: { db: Database; clock?: Clock; dataDir?: string }): Audit {
  const local = createAuditLog({ dataDir: o.dataDir ?? auditFolder(t), log: quietLog });
  const audit = createAudit({ db: o.db, clock: o.clock ?? systemClock, log: quietLog, local });
  t.teardown(() => audit.stop());
  return audit;
}

/** A DATA_DIR for an audit log, removed after the test. */
export function auditFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'vigie-audit-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}
