import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';

export interface LineOfJournal {
  event: string;
  seconds?: string;
  uniqueId?: string;
  linkedId?: string;
  channel?: string;
  name?: string;
  app?: string;
  extra?: object;
}
const quoted = (cells: readonly string[]) => cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',');

const cellsOf = (line: LineOfJournal) => {
  const uniqueId = line.uniqueId ?? '1763980000.7';
  return {
    event: line.event,
    time: line.seconds ?? '1763980000.123456',
    uniqueId,
    linkedId: line.linkedId ?? uniqueId,
    channel: line.channel ?? 'PJSIP/1001-00000007',
    number: '0612345678',
    name: line.name ?? 'Zoé "la" R, dite Z',
    app: line.app ?? '',
    extra: line.extra ? JSON.stringify(line.extra) : '',
  };
};

/** A line as the mapping of dialplan/cel_vigie.conf makes it. */
export function journalLine(line: LineOfJournal): string {
  const { event, time, uniqueId, linkedId, channel, number, name, app, extra } = cellsOf(line);
  return quoted([
    event,
    time,
    uniqueId,
    linkedId,
    channel,
    '',
    number,
    name,
    '1001',
    'internal',
    app,
    '',
    '',
    extra,
  ]);
}

/** The same as Asterisk's own sample makes it, which is FreePBX's default. */
export function sampleLine(line: LineOfJournal): string {
  const { event, time, uniqueId, linkedId, channel, number, name, app, extra } = cellsOf(line);
  const parties = [name, number, number, '', '', '1001', 'internal', channel, app, '', '3', ''];
  return quoted([event, time, ...parties, uniqueId, linkedId, '', '', '', extra]);
}

/** A call of one leg, from its first line to its last. */
export function journalCall(number: number, seconds = 1_763_980_000 + number): string[] {
  const uniqueId = `${seconds}.${number}`;
  const channel = `PJSIP/trunk-${number.toString(16).padStart(8, '0')}`;
  const at = (millis: number) => `${seconds}.${String(millis).padStart(3, '0')}000`;
  const line = (event: string, millis: number, extra?: object) =>
    journalLine({ event, uniqueId, channel, seconds: at(millis), ...(extra ? { extra } : {}) });
  return [
    line('CHAN_START', 0),
    line('HANGUP', 500, { hangupcause: 16, hangupsource: channel, dialstatus: '' }),
    line('CHAN_END', 501),
    line('LINKEDID_END', 501),
  ];
}

export function folderOf(t: Test): string {
  const made = mkdtempSync(join(tmpdir(), 'vigie-cel-'));
  t.teardown(() => rmSync(made, { recursive: true, force: true }));
  return made;
}
