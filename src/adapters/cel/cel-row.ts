/** One event of the journal, from whatever source it comes. Texts are the PBX's own, '' where there is none. */
export interface CelRow {
  event: string;
  /** By the PBX's clock. */
  atMs: number;
  uniqueId: string;
  linkedId: string;
  channel: string;
  callerNumber: string;
  callerName: string;
  exten: string;
  context: string;
  app: string;
  appData: string;
  /** JSON, by event. */
  extra: string;
}

/** The columns that are read, by the names Asterisk gives them in databases. */
export const celFields = [
  'eventtype',
  'eventtime',
  'uniqueid',
  'linkedid',
  'channame',
  'cid_num',
  'cid_name',
  'exten',
  'context',
  'appname',
  'appdata',
  'extra',
] as const;
export type CelField = (typeof celFields)[number];
/** Without these nothing can be told of a leg; without the others less. */
export const neededFields: readonly CelField[] = [
  'eventtype',
  'eventtime',
  'uniqueid',
  'linkedid',
  'channame',
];

/** No text of a channel is longer; what is, says nothing more by its tail. */
const textMax = 2_000;
const extraMax = 16_000;

export interface CelClock {
  /** Milliseconds since 1970; null when the text is no time. */
  read(text: string, uniqueId: string, event: string): number | null;
}

/** A row of its columns' texts; null when it is none: an unknown word for the event, no time, no channel. */
export function celRowOf(cells: Partial<Record<CelField, string>>, clock: CelClock): CelRow | null {
  const event = cells.eventtype ?? '';
  const uniqueId = cells.uniqueid ?? '';
  if (!eventForm.test(event) || uniqueId === '' || uniqueId.length > 150) return null;
  // JSON that was cut in a way that left its quotes whole.
  const extra = cells.extra ?? '';
  if (extra.startsWith('{') && !extra.endsWith('}')) return null;
  const atMs = clock.read(cells.eventtime ?? '', uniqueId, event);
  if (atMs === null) return null;
  return {
    event,
    atMs,
    uniqueId,
    linkedId: (cells.linkedid ?? '').slice(0, 150),
    channel: (cells.channame ?? '').slice(0, textMax),
    callerNumber: (cells.cid_num ?? '').slice(0, textMax),
    callerName: (cells.cid_name ?? '').slice(0, textMax),
    exten: (cells.exten ?? '').slice(0, textMax),
    context: (cells.context ?? '').slice(0, textMax),
    app: (cells.appname ?? '').slice(0, textMax),
    appData: (cells.appdata ?? '').slice(0, textMax),
    extra: extra.length > extraMax ? '' : extra,
  };
}

/** The word. A numeric column is not read: its numbers have meant different events in different versions of Asterisk. */
const eventForm = /^[A-Z_]{3,40}$/;
