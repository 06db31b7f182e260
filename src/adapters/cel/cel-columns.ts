import type { CelField } from './cel-row.ts';

/** Which column of a line holds which field; columns that are not read are null. */
export type CelColumns = readonly (CelField | null)[];

/** The mapping of dialplan/cel_vigie.conf. */
const ours: CelColumns = [
  'eventtype',
  'eventtime',
  'uniqueid',
  'linkedid',
  'channame',
  null,
  'cid_num',
  'cid_name',
  'exten',
  'context',
  'appname',
  'appdata',
  null,
  'extra',
];
/** The mapping of Asterisk's own sample, which is FreePBX's default (Master.csv). */
const sample: CelColumns = [
  'eventtype',
  'eventtime',
  'cid_name',
  'cid_num',
  null,
  null,
  null,
  'exten',
  'context',
  'channame',
  'appname',
  'appdata',
  null,
  null,
  'uniqueid',
  'linkedid',
  null,
  null,
  null,
  'extra',
];

/** The mapping a line is of, by where its unique ids and its channel are; null when it is of neither known one. */
export function recogniseColumns(cells: readonly string[]): CelColumns | null {
  for (const columns of [ours, sample])
    if (cells.length >= columns.length && fits(cells, columns)) return columns;
  return null;
}

const uniqueIdForm = /(^|-)\d{9,11}\.\d+$/;
function fits(cells: readonly string[], columns: CelColumns): boolean {
  const cell = (field: CelField) => cells[columns.indexOf(field)] ?? '';
  const named = (id: string) => uniqueIdForm.test(id) || (id !== '' && !/[\s/]/.test(id));
  return named(cell('uniqueid')) && named(cell('linkedid')) && /^[^/]+\/.+/.test(cell('channame'));
}
