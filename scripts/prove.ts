/**
 * `npm run prove -- NAME --seed S --minutes M`: runs a share of a long proof and adds its result to docs/proofs.tsv, so
 * that shares add up and any seed can be run again. Exits 1 when the share found a fault.
 */
import { execFileSync } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { projectFolder } from '../src/paths.ts';
import { type KillProof, proveKills } from '../test/support/kill-proof.ts';

/** One share of a proof: how often the fault was made, and every case in which something was not as it must be. */
interface Share {
  count: number;
  faults: string[];
  /** What else is worth knowing, in a few words. */
  notes: string;
}
const proofs: Record<string, (seed: number) => Promise<Share>> = { kill: killShare };
const killsAtOnce = 10;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string', default: '1' }, minutes: { type: 'string', default: '5' } },
});
const [name = ''] = positionals;
const prove = proofs[name];
if (!prove) throw new Error(`No proof of that name; there are: ${Object.keys(proofs).join(', ')}`);
const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
const endMs = Date.now() + Number(values.minutes) * 60_000;
let failed = false;
for (let seed = Number(values.seed); seed === Number(values.seed) || Date.now() < endMs; seed++) {
  const { count, faults, notes } = await prove(seed);
  const row = [name, seed, commit, count, faults.length, notes].join('\t');
  appendFileSync(join(projectFolder(), 'docs', 'proofs.tsv'), `${row}\n`);
  console.log(row);
  for (const fault of faults) console.log(`  ${fault}`);
  failed ||= faults.length > 0;
}
process.exitCode = failed ? 1 : 0;

async function killShare(seed: number): Promise<Share> {
  const proof = await proveKills({ seed, kills: killsAtOnce });
  return { count: proof.kills, faults: faultsOf(proof), notes: notesOf(proof) };
}

function faultsOf({ lost, double, wrong }: KillProof): string[] {
  return [
    ...lost.map((one) => `lost: ${one}`),
    ...double.map((one) => `double: ${one}`),
    ...wrong.map((one) => `wrong: ${one}`),
  ];
}

function notesOf({ calls, unknown, unseen, unseenRecorded, repairMs }: KillProof): string {
  const sorted = repairMs.toSorted((a, b) => a - b);
  const times = `back after ${sorted[sorted.length >> 1]} ms (median), ${sorted.at(-1)} ms (longest)`;
  return `${calls} calls, ${unknown} ended unseen, ${unseenRecorded} of ${unseen} that came and went unseen recorded; ${times}`;
}
