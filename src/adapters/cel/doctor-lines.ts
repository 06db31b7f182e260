import { open } from 'node:fs/promises';
import { type Finding, fine } from '../../ports/finding.ts';
import { createCelClock } from './cel-clock.ts';
import { hangupOf } from './cel-extra.ts';
import { parseCelLine } from './cel-line.ts';
import type { CelRow } from './cel-row.ts';

const tailBytes = 256 * 1024;
/** A clock that is wrong by less shows in no record. */
export const clockWrongMs = 60_000;
const quietMs = 24 * 3_600_000;

const columns = 'eventtype,eventtime,CHANNEL(uniqueid),CHANNEL(linkedid),CHANNEL(channame),CHANNEL(peer)'
  .concat(',CALLERID(num),CALLERID(name),CHANNEL(exten),CHANNEL(context),CHANNEL(appname),CHANNEL(appdata)')
  .concat(',userfield,eventextra')
  .split(',');
/** The very line of dialplan/cel_vigie.conf. */
export const mappingFix = {
  where: 'cel_custom.conf; then: module reload cel_custom.so',
  lines: ['[mappings]', `vigie.csv => ${columns.map((name) => `\${CSV_QUOTE(\${${name}})}`).join(',')}`],
};

interface Looked {
  about: string;
  size: number;
  changedAtMs: number;
  nowMs: number;
}

/** What the newest lines of a journal show. */
export async function tailFindings(file: string, o: Looked): Promise<Finding[]> {
  const topic = o.about;
  const lines = await newestLines(file, o.size);
  if (lines.length === 0)
    return [{ topic, verdict: 'unseen', text: `${file} is empty: make a call, then ask again` }];
  const clock = createCelClock();
  const rows = lines.flatMap((line) => parseCelLine(line, clock) ?? []);
  if (rows.length === 0) {
    const text = `${file}: its lines are of another mapping, and none can be understood`;
    return [{ topic, verdict: 'wrong', text, fix: mappingFix }];
  }
  const bad = lines.length - rows.length;
  const understood = bad === 0 ? 'all understood' : `${bad} of ${lines.length} not understood`;
  return [
    fine(topic, `${file}, the newest lines ${understood}`),
    ...rowFindings(rows),
    ...ageFindings(rows, o),
  ];
}

/** What rows lack, whatever they come from. */
export function rowFindings(rows: readonly CelRow[]): Finding[] {
  const hangups = rows.filter(({ event }) => event === 'HANGUP');
  if (hangups.length === 0 || hangups.some(({ extra }) => hangupOf(extra))) return [];
  const text = 'HANGUP tells neither cause nor side: who hung up is not known (the last column, eventextra)';
  return [{ topic: 'CEL hangups', verdict: 'missing', text, fix: mappingFix }];
}

function ageFindings(rows: readonly CelRow[], { about, changedAtMs, nowMs }: Looked): Finding[] {
  const newestMs = rows.reduce((most, { atMs }) => Math.max(most, atMs), 0);
  const quiet = nowMs - changedAtMs;
  const findings: Finding[] = [];
  if (quiet > quietMs) {
    const text = `nothing was written for ${Math.floor(quiet / quietMs)} days: does Asterisk still write there?`;
    findings.push({ topic: about, verdict: 'unseen', text });
  }
  return [...findings, ...clockFinding(newestMs - changedAtMs)];
}

/** `aheadMs`: how far the newest row's time is ahead of when it was written. */
export function clockFinding(aheadMs: number): Finding[] {
  if (Math.abs(aheadMs) < clockWrongMs) return [fine('PBX clock', 'right')];
  const text = `${Math.round(Math.abs(aheadMs) / 1_000)} s ${aheadMs > 0 ? 'ahead' : 'behind'}; records show true times all the same`;
  const fix = { where: 'the PBX host', lines: ['timedatectl set-ntp true'] };
  return [{ topic: 'PBX clock', verdict: 'wrong', text, fix }];
}

async function newestLines(file: string, size: number): Promise<string[]> {
  const handle = await open(file, 'r');
  try {
    const from = Math.max(0, size - tailBytes);
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(tailBytes), 0, tailBytes, from);
    const lines = buffer.subarray(0, bytesRead).toString('utf8').split('\n');
    // The first is cut, and the last is still written, or ''.
    return lines.slice(from > 0 ? 1 : 0, -1).filter((line) => line !== '');
  } finally {
    await handle.close();
  }
}
