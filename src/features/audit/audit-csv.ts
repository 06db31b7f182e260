import { Readable } from 'node:stream';
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
  chainId: (entry) => entry.chainId ?? '',
  sequence: (entry) => String(entry.sequence ?? ''),
  hash: (entry) => entry.hash ?? '',
};

/** For a French Excel: BOM and `;`. A name that begins like a formula is written as text. */
export function auditCsv(entries: AsyncIterable<AuditEntry>): Readable {
  const csv = stringify({
    bom: true,
    delimiter: ';',
    header: true,
    columns: Object.keys(columns),
    escape_formulas: true,
  });
  const rows = Readable.from(rowsOf(entries));
  rows.on('error', (error) => csv.destroy(error));
  csv.on('close', () => rows.destroy());
  return rows.pipe(csv);
}

async function* rowsOf(entries: AsyncIterable<AuditEntry>): AsyncGenerator<Record<string, string>> {
  const names = Object.entries(columns);
  for await (const entry of entries)
    yield Object.fromEntries(names.map(([name, read]) => [name, read(entry)]));
}
