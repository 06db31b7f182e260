import type { FastifyInstance } from 'fastify';
import { AuditPage, AuditVerification } from '../../../src/contract/audit.ts';
import { checked } from './checked.ts';
import { idOf } from './ids.ts';

export const auditEntryCount = 130;
export const hostileName = '\u202E<img src=x onerror=alert(1)>';
const hourMs = 3_600_000;
const newestAt = Date.parse('2026-11-21T09:30:00.000Z');
const chainId = idOf('call', 900);

const kinds = [
  { action: 'supervision.started', details: { mode: 'whisper', scope: 'call' } },
  { action: 'session.signed-in', details: {} },
  { action: 'policy.changed', details: { changed: ['windows', 'retentionDays'] } },
  { action: 'something.new', details: { note: '</pre><script>alert(1)</script>' } },
];

const makeEntry = (n: number) => ({
  id: idOf('evaluation', 1000 + n),
  at: new Date(newestAt - n * hourMs).toISOString(),
  actor: n % 5 === 4 ? null : { id: idOf('person', 1), name: 'Camille Roux' },
  subject: n === 0 ? { id: idOf('person', 2), name: hostileName } : null,
  callId: n % 4 === 0 ? idOf('call', n) : null,
  chainId,
  sequence: auditEntryCount - n,
  hash: 'ab'.repeat(32),
  ...kinds[n % kinds.length]!,
});

const faults = [
  { kind: 'changed', where: 'database', sequence: 41, toSequence: null, detail: 'its hash differs' },
  { kind: 'missing', where: 'local', sequence: 50, toSequence: 58, detail: hostileName },
];

/** The audit log; the first verification finds it intact, every later one finds two faults. */
export function auditRoutes(app: FastifyInstance): void {
  const all = Array.from({ length: auditEntryCount }, (_, n) => makeEntry(n));
  let verifications = 0;
  app.get<{ Querystring: { cursor?: string; limit?: string; action?: string } }>(
    '/api/audit',
    ({ query: { cursor = '0', limit = '50', action } }) => {
      const matching = all.filter((entry) => !action || entry.action === action);
      const to = Number(cursor) + Number(limit);
      const nextCursor = to < matching.length ? String(to) : null;
      return checked(AuditPage, { items: matching.slice(Number(cursor), to), nextCursor });
    },
  );
  app.get('/api/audit/verify', () => {
    verifications += 1;
    const found = verifications === 1 ? [] : faults;
    return checked(AuditVerification, {
      intact: found.length === 0,
      checkedAt: new Date(newestAt).toISOString(),
      tookMs: 40,
      databaseEntries: auditEntryCount,
      localEntries: auditEntryCount + 2,
      notYetCopied: 2,
      chains: [],
      faults: found.map((fault) => ({ chainId, entryId: null, ...fault })),
      faultCount: found.length,
    });
  });
}
