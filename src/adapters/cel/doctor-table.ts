import { type Finding, fine } from '../../ports/finding.ts';
import { createCelClock } from './cel-clock.ts';
import { celRowOf } from './cel-row.ts';
import { TableError } from './cel-table.ts';
import { clockFinding, rowFindings } from './doctor-lines.ts';
import { openCelTable } from './open-table.ts';

const topic = 'CEL table';
const newestLooked = 500;

/** What a table shows; within some ten seconds where it does not answer. */
export async function examineTable(url: string): Promise<Finding[]> {
  const table = openCelTable(url);
  const isMysql = /^(mysql|mariadb):/.test(url);
  try {
    const { columns, hasId } = await table.look();
    const found = [fine(topic, `${table.of.replace('table:', '')}, ${columns.length} columns`)];
    const lacking = columnFindings(columns, isMysql);
    if (!hasId) return [...found, ...lacking];
    const newest = (await table.newestId()) ?? 0;
    const rows = await table.after(Math.max(0, newest - newestLooked), null);
    if (rows.length === 0)
      return [...found, ...lacking, { topic, verdict: 'unseen', text: 'empty: make a call, then ask again' }];
    const clock = createCelClock();
    const read = rows.flatMap(({ cells }) => celRowOf(cells, clock) ?? []);
    if (read.length === 0) {
      const text = 'no row can be understood: eventtype must hold words (varchar), no numbers';
      return [...found, ...lacking, { topic, verdict: 'wrong', text }];
    }
    const inSeconds = rows.every(({ cells }) => !/\.\d*[1-9]/.test(cells.eventtime ?? ''));
    return [
      ...found,
      ...lacking,
      ...(inSeconds ? [wholeSeconds(isMysql)] : []),
      ...(columns.includes('extra') ? rowFindings(read) : []),
      // When it was written no table tells: only a time that has not come yet is surely wrong.
      ...clockFinding(Math.max(0, ...read.map(({ atMs }) => atMs - Date.now()))),
    ];
  } catch (error) {
    return [notReadable(error)];
  } finally {
    await table.close().catch(() => {});
  }
}

function columnFindings(columns: readonly string[], isMysql: boolean): Finding[] {
  const add = (text: string, line: string): Finding => ({
    topic,
    verdict: 'missing',
    text,
    fix: { where: 'the database; then: module reload', lines: [line] },
  });
  const findings: Finding[] = [];
  if (!columns.includes('extra'))
    findings.push(
      add(
        'no column extra: who hung up and who transferred is not known',
        'alter table cel add column extra varchar(1000);',
      ),
    );
  if (!columns.includes('id')) {
    const kind = isMysql ? 'bigint not null auto_increment primary key' : 'bigserial primary key';
    findings.push(
      add(
        'no column id: it is read on by its times, which is slow',
        `alter table cel add column id ${kind};`,
      ),
    );
  }
  return findings;
}

const wholeSeconds = (isMysql: boolean): Finding => ({
  topic: 'CEL times',
  verdict: 'optional',
  text: 'whole seconds: a conversation shorter than that may be missed',
  fix: {
    where: isMysql ? 'the database, and no dateformat in cel.conf' : 'the database',
    lines: [
      isMysql
        ? 'alter table cel modify eventtime datetime(6) not null;'
        : 'alter table cel alter eventtime type timestamp;',
    ],
  },
});

/** Reasons of the drivers hold no password; of ours neither. */
function notReadable(error: unknown): Finding {
  const { code, message } = error as Error & { code?: string };
  const why = error instanceof TableError || !code ? message : `${code}: ${message}`;
  const fix = {
    where: 'CEL_URL; a user who may read the table is enough',
    lines: ['grant select on cel to vigie;'],
  };
  return { topic, verdict: 'wrong', text: `cannot be read (${why})`, fix };
}
