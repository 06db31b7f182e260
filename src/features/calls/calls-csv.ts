import { Readable } from 'node:stream';
import { stringify } from 'csv-stringify';
import type { Call } from '../../contract/calls.ts';

export type CsvLocale = 'en' | 'fr';

/** One list for all: heading in each language, and what stands under it. */
export const csvColumns: readonly { en: string; fr: string; value(call: Call): string | number | null }[] = [
  { en: 'id', fr: 'id', value: (call) => call.id },
  { en: 'pbx', fr: 'pbx', value: (call) => call.pbx },
  { en: 'unique id', fr: 'id unique', value: (call) => call.uniqueId },
  { en: 'direction', fr: 'sens', value: (call) => call.direction },
  { en: 'origin', fr: 'origine', value: (call) => call.origin },
  { en: 'dialled', fr: 'numéro composé', value: (call) => call.dialled },
  { en: 'queue', fr: 'file', value: (call) => call.queue },
  { en: 'state', fr: 'état', value: (call) => call.state },
  { en: 'reason', fr: 'motif de fin', value: (call) => call.reason },
  { en: 'ended by', fr: 'terminé par', value: (call) => call.endedBy },
  { en: 'cause', fr: 'cause', value: (call) => call.cause },
  { en: 'SIP code', fr: 'code SIP', value: (call) => call.sipCode },
  { en: 'started at', fr: 'début', value: (call) => call.startedAt },
  { en: 'answered at', fr: 'réponse', value: (call) => call.answeredAt },
  { en: 'ended at', fr: 'fin', value: (call) => call.endedAt },
  { en: 'last seen at', fr: 'vu en dernier', value: (call) => call.lastSeenAt },
  { en: 'menu ms', fr: 'menu ms', value: (call) => call.menuMs },
  { en: 'wait ms', fr: 'attente ms', value: (call) => call.waitMs },
  { en: 'ring ms', fr: 'sonnerie ms', value: (call) => call.ringMs },
  { en: 'talk ms', fr: 'conversation ms', value: (call) => call.talkMs },
  { en: 'hold ms', fr: 'garde ms', value: (call) => call.holdMs },
  { en: 'caller number', fr: 'numéro appelant', value: (call) => call.caller.number },
  { en: 'caller name', fr: 'nom appelant', value: (call) => call.caller.name },
  { en: 'callee number', fr: 'numéro appelé', value: (call) => call.callee.number },
  { en: 'callee name', fr: 'nom appelé', value: (call) => call.callee.name },
  { en: 'customer number', fr: 'numéro client', value: (call) => call.customer?.number ?? null },
  { en: 'customer name', fr: 'nom client', value: (call) => call.customer?.name ?? null },
  { en: 'agent', fr: 'agent', value: (call) => call.agent?.name ?? null },
  { en: 'queues', fr: 'files', value: (call) => call.queueVisits.map(({ queue }) => queue).join(' ') },
  { en: 'agents', fr: 'agents', value: (call) => agentsOf(call) },
  {
    en: 'supervised by',
    fr: 'supervisé par',
    value: (call) => call.supervisions.map(({ by }) => by.name).join(', '),
  },
];

const agentsOf = (call: Call): string =>
  [...new Set(call.segments.flatMap(({ agent }) => agent?.name ?? []))].join(', ');

/**
 * A spreadsheet runs a cell that begins with `=`, `+`, `-`, `@`, a tab or a carriage return: such a cell gets an
 * apostrophe, but for a plain phone number (`+33612345678`), which no spreadsheet can run.
 */
export function safeCell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  return /^[=+\-@\t\r]/.test(value) && !/^\+\d{1,20}$/.test(value) ? `'${value}` : value;
}

/** Calls as CSV, read only as fast as the client takes it. French spreadsheets want a byte order mark and `;`. */
export function csvOf(calls: AsyncIterable<Call>, locale: CsvLocale): Readable {
  const rows = Readable.from(cellsOf(calls, locale), { highWaterMark: 64 });
  const lines = stringify({
    delimiter: locale === 'fr' ? ';' : ',',
    bom: locale === 'fr',
    record_delimiter: '\r\n',
  });
  rows.on('error', (error) => lines.destroy(error));
  lines.on('close', () => rows.destroy());
  return rows.pipe(lines);
}

async function* cellsOf(calls: AsyncIterable<Call>, locale: CsvLocale): AsyncGenerator<string[]> {
  yield csvColumns.map((column) => column[locale]);
  for await (const call of calls) yield csvColumns.map(({ value }) => safeCell(value(call)));
}
