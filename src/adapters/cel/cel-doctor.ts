import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { CelSight } from '../../ports/cel-sight.ts';
import { type Finding, fine } from '../../ports/finding.ts';
import { mappingFix, tailFindings } from './doctor-lines.ts';
import { examineTable } from './doctor-table.ts';

/** Where the journal comes from, as the settings say. */
type CelConfig = { file: string } | { url: string } | { token: string };

const topic = 'CEL';
const generalLines = [
  '[general]',
  'enable = yes',
  'apps = dial,queue,voicemail,park,confbridge,agentlogin,agentrequest,busy,congestion',
  'events = CHAN_START,ANSWER,HANGUP,BRIDGE_ENTER,BRIDGE_EXIT,APP_START,APP_END,BLINDTRANSFER,ATTENDEDTRANSFER,PICKUP,LINKEDID_END,CHAN_END,STREAM_BEGIN,STREAM_END',
];
const generalFix = { where: 'cel.conf; then: module reload cel', lines: generalLines };

/** Everything that can be said of the PBX's journal. Changes nothing. `sight` null: ARI could not tell. */
export async function examineCel(
  cel: CelConfig | null,
  sight: CelSight | null,
  { dataDir, pbx }: { dataDir: string; pbx: string },
): Promise<Finding[]> {
  if (!cel) return [notConfigured];
  const findings = sight ? [checkGeneral(sight), checkWriter(sight, cel)] : [];
  if ('file' in cel) return [...findings, ...(await examineFile(cel.file, 'CEL file', missingFile))];
  if ('url' in cel) return [...findings, ...(await examineTable(cel.url))];
  const received = join(dataDir, 'cel', `${pbx}.received.csv`);
  return [...findings, ...(await examineFile(received, 'CEL lines', nothingSent))];
}

const notConfigured: Finding = {
  topic,
  verdict: 'optional',
  text: 'no CEL_FILE, CEL_URL or COLLECT_TOKEN is set: a call that ends while nobody watches is unknown',
  fix: {
    where: 'cel.conf and cel_custom.conf (both in dialplan/cel_vigie.conf); then the environment of vigie',
    lines: ['CEL_FILE=/var/log/asterisk/cel-custom/vigie.csv'],
  },
};

/** Without these a record lacks who talked with whom, or how it ended. */
const eventsNeeded = [
  'CHAN_START',
  'ANSWER',
  'HANGUP',
  'BRIDGE_ENTER',
  'BRIDGE_EXIT',
  'APP_START',
  'APP_END',
].concat(['BLINDTRANSFER', 'ATTENDEDTRANSFER', 'PICKUP', 'CHAN_END']);
const appsNeeded = ['dial', 'queue'];

function checkGeneral({ enable, events, apps }: CelSight): Finding {
  if (!/^(yes|true|on|1|y|t)$/i.test(enable))
    return { topic, verdict: 'missing', text: 'Asterisk writes no journal', fix: generalFix };
  const written = wordsOf(events).map((word) => word.toUpperCase());
  const lacking = written.includes('ALL') ? [] : eventsNeeded.filter((event) => !written.includes(event));
  if (lacking.length > 0)
    return { topic, verdict: 'missing', text: `events lacks ${lacking.join(', ')}`, fix: generalFix };
  const tracked = wordsOf(apps).map((word) => word.toLowerCase());
  const untracked = tracked.includes('all') ? [] : appsNeeded.filter((app) => !tracked.includes(app));
  if (untracked.length > 0)
    return { topic, verdict: 'missing', text: `apps lacks ${untracked.join(', ')}`, fix: generalFix };
  return fine(topic, 'enabled, with the events that are needed');
}

const wordsOf = (text: string): string[] => text.split(/[\s,]+/).filter((word) => word !== '');

function checkWriter({ modules }: CelSight, cel: CelConfig): Finding {
  const writers =
    'url' in cel
      ? cel.url.startsWith('p')
        ? ['cel_pgsql.so', 'cel_odbc.so']
        : ['cel_odbc.so']
      : ['cel_custom.so'];
  const running = writers.filter((name) => modules.includes(name));
  if (running.length > 0) return fine('CEL module', running.join(', '));
  const fix = { where: 'modules.conf; then: module load', lines: [`load = ${writers[0]}`] };
  return { topic: 'CEL module', verdict: 'missing', text: `not running: ${writers.join(' or ')}`, fix };
}

const missingFile = (file: string, why: string): Finding => ({
  topic: 'CEL file',
  verdict: 'wrong',
  text: `${file}: ${why}`,
  fix: mappingFix,
});

const nothingSent = (): Finding => ({
  topic: 'CEL lines',
  verdict: 'missing',
  text: 'none was sent yet',
  fix: {
    where: 'the PBX host (or one of dialplan/cel-sending)',
    lines: [
      'CEL_FILE=/var/log/asterisk/cel-custom/vigie.csv COLLECT_TO=https://(this server) COLLECT_TOKEN=(as here) vigie collect',
    ],
  },
});

async function examineFile(
  file: string,
  about: string,
  missing: (file: string, why: string) => Finding,
): Promise<Finding[]> {
  try {
    const { mtimeMs, size } = await stat(file);
    return await tailFindings(file, { about, size, changedAtMs: mtimeMs, nowMs: Date.now() });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return [missing(file, code === 'ENOENT' ? 'is not there' : `cannot be read (${code ?? 'failed'})`)];
  }
}
