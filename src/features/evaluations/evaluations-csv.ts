import { Readable } from 'node:stream';
import { stringify } from 'csv-stringify';
import type { Evaluation } from '../../contract/evaluations.ts';

/** One list for all: heading in each language, and what stands under it. */
const columns: readonly { en: string; fr: string; value(one: Evaluation): string }[] = [
  { en: 'id', fr: 'id', value: (one) => one.id },
  { en: 'made at', fr: 'faite le', value: (one) => one.createdAt },
  { en: 'changed at', fr: 'modifiée le', value: (one) => one.updatedAt },
  { en: 'call', fr: 'appel', value: (one) => one.callId },
  { en: 'call started at', fr: 'début de l’appel', value: (one) => one.callStartedAt },
  { en: 'agent', fr: 'agent', value: (one) => one.agent.name },
  { en: 'author', fr: 'auteur', value: (one) => one.by.name },
  { en: 'score', fr: 'note', value: (one) => (one.score === null ? '' : String(one.score)) },
  { en: 'marks', fr: 'détail', value: (one) => marksOf(one) },
  { en: 'comment', fr: 'commentaire', value: (one) => one.comment },
];

/** `Greeting 4/5 · Solution 8/10`: each grid has columns of its own, so that they stand in one cell. */
const marksOf = ({ criteria, marks }: Evaluation): string =>
  criteria
    .flatMap(({ id, label, max }) => (marks[id] === undefined ? [] : `${label} ${marks[id]}/${max}`))
    .join(' · ');

/** For a French Excel: BOM and `;`. A text that begins like a formula is written as text. */
export function evaluationsCsv(evaluations: AsyncIterable<Evaluation>, language: 'fr' | 'en'): Readable {
  const csv = stringify({ bom: true, delimiter: ';', escape_formulas: true, record_delimiter: '\r\n' });
  const rows = Readable.from(cellsOf(evaluations, language), { highWaterMark: 64 });
  rows.on('error', (error) => csv.destroy(error));
  csv.on('close', () => rows.destroy());
  return rows.pipe(csv);
}

async function* cellsOf(
  evaluations: AsyncIterable<Evaluation>,
  language: 'fr' | 'en',
): AsyncGenerator<string[]> {
  yield columns.map((column) => column[language]);
  for await (const one of evaluations) yield columns.map(({ value }) => value(one));
}
