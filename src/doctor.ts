import { styleText } from 'node:util';
import { examineAmi } from './adapters/ami/ami-doctor.ts';
import { examineAri } from './adapters/ari/doctor.ts';
import { examineCel } from './adapters/cel/cel-doctor.ts';
import type { Config } from './config.ts';
import type { PbxConfig } from './pbx-config.ts';
import type { Finding } from './ports/finding.ts';

/** Where the doctor speaks; `isTTY` decides whether in colour. */
export interface DoctorOutput {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

/**
 * Looks at every configured PBX and says of each thing whether it is fine, missing or wrong, with the lines to add.
 * Changes nothing. Settles with the exit status: 0 all fine, 1 something missing or wrong, 2 the ARI of one cannot be reached.
 */
export async function runDoctor(
  { pbxs, dataDir }: Pick<Config, 'pbxs' | 'dataDir'>,
  out: DoctorOutput,
): Promise<0 | 1 | 2> {
  const tell = (finding: Finding) => out.write(format(finding, out.isTTY === true));
  if (pbxs.length === 0) {
    tell(noPbx);
    return 2;
  }
  const seen = await Promise.all(pbxs.map((pbx) => examinePbx(pbx, dataDir)));
  for (const { name, findings } of seen) {
    if (pbxs.length > 1) out.write(`${pbxs[0]?.name === name ? '' : '\n'}PBX ${name}\n`);
    for (const finding of findings) tell(finding);
  }
  const all = seen.flatMap(({ findings }) => findings).filter(({ verdict }) => verdict !== 'unseen');
  const bad = all.filter(({ verdict }) => verdict === 'missing' || verdict === 'wrong').length;
  const result = bad === 0 ? 'Nothing is wrong.' : `${bad} of ${all.length} need your hand.`;
  out.write(`\n${result} Nothing was changed.\n`);
  if (!seen.every(({ reached }) => reached)) return 2;
  return bad === 0 ? 0 : 1;
}

async function examinePbx({ name, ari: address, ami: manager, cel: journal }: PbxConfig, dataDir: string) {
  const [ari, ami] = await Promise.all([examineAri(address, name), examineAmi(manager)]);
  const queues = ami.queues === null ? [queuesUnseen] : [];
  const cel = await examineCel(journal, ari.cel, { dataDir, pbx: name });
  return { name, reached: ari.reached, findings: [...ari.findings, ...ami.findings, ...queues, ...cel] };
}

const noPbx: Finding = {
  topic: 'ARI',
  verdict: 'missing',
  text: 'no PBX is set',
  fix: {
    where: 'the environment of vigie',
    lines: [
      'ARI_URL=http://(address of Asterisk):8088/ari',
      'ARI_USERNAME=vigie',
      'ARI_PASSWORD=(as in ari.conf)',
    ],
  },
};

const queuesUnseen: Finding = {
  topic: 'Queues',
  verdict: 'unseen',
  text: 'their list comes by AMI only; without it queues are known once they are named in Vigie or take a call',
};

const marks = {
  fine: ['fine', 'green'],
  optional: ['optional', 'cyan'],
  unseen: ['not seen', 'yellow'],
  missing: ['missing', 'red'],
  wrong: ['wrong', 'red'],
} as const;

/** One finding as text: its mark, topic and text, then the lines to add. Foreign text loses its control characters. */
function format({ topic, verdict, text, fix }: Finding, inColour: boolean): string {
  const [word, colour] = marks[verdict];
  const padded = word.padEnd(9);
  const mark = inColour ? styleText(colour, padded, { validateStream: false }) : padded;
  const lines = fix ? [`          → ${fix.where}:`, ...fix.lines.map((line) => `              ${line}`)] : [];
  return `${[`${mark} ${clean(topic)}: ${clean(text)}`, ...lines.map(clean)].join('\n')}\n`;
}

const clean = (text: string): string => text.replace(/\p{Cc}+/gu, ' ');
