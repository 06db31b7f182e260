/** Appends for as long as it lives, and says each number once it is synced. Started by tests: DATA_DIR, how many at once. */
import { randomUUID } from 'node:crypto';
import { createAuditLog } from '../../../src/adapters/audit-log/audit-log.ts';
import { quietLog } from '../../support/live.ts';

const [dataDir = '', atOnce = '1'] = process.argv.slice(2);
const log = createAuditLog({ dataDir, log: quietLog });
const nobody = { actorId: null, subjectId: null, callId: null };

async function appendForEver(): Promise<void> {
  for (;;) {
    const record = { id: randomUUID(), at: new Date().toISOString(), action: 'test.appended', ...nobody };
    const { sequence } = await log.append({ ...record, details: { by: process.pid } });
    process.stdout.write(`${sequence}\n`);
  }
}
await Promise.all(Array.from({ length: Number(atOnce) }, appendForEver));
