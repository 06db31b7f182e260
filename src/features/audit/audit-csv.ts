import type { Readable } from 'node:stream';
import { stringify } from 'csv-stringify';
import type { AuditEntry } from '../../contract/audit.ts';

const columns: Record<string, (entry: AuditEntry) => string> = {
  at: (entry) => entry.at,
  action: (entry) => entry.action,
  actor: (entry) => entry.actor?.name ?? '',
  actorId: (entry) => entry.actor?.id ?? '',
  subject: (entry) => entry.subject?.name ?? '',
  subjectId: (entry) => entry.subject?.id ?? '',
  callId: (entry) => entry.callId ?? '',
  details: (entry) => JSON.stringify(entry.details),
};

/** For a French Excel: BOM and `;`. A name that begins like a formula is written as text. */
export function auditCsv(entries: Readable): Readable {
  const csv = stringify({
    bom: true,
    delimiter: ';',
    header: true,
    columns: Object.keys(columns),
    escape_formulas: true,
  });
  const names = Object.entries(columns);
  entries.on('error', (error) => csv.destroy(error));
  return entries
    .map((entry: AuditEntry) => Object.fromEntries(names.map(([name, read]) => [name, read(entry)])))
    .pipe(csv);
}
