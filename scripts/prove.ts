/**
 * `npm run prove -- NAME --seed S --minutes M`: runs a share of a long proof and adds its result to docs/proofs.tsv, so
 * that shares add up and any seed can be run again. Exits 1 when the share found a fault.
 */
import { execFile, execFileSync } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { projectFolder } from '../src/paths.ts';
import { type GapProof, proveGaps } from '../test/support/gap-proof.ts';
import { type KillProof, proveKills } from '../test/support/kill-proof.ts';
import { startRedis } from '../test/support/redis.ts';

/** One share of a proof: how often the fault was made, and every case in which something was not as it must be. */
interface Share {
  count: number;
  faults: string[];
  /** What else is worth knowing, in a few words. */
  notes: string;
}
const proofs: Record<string, (seed: number) => Promise<Share>> = {
  kill: killShare,
  'server-kills': serverKillsShare,
  gaps: gapShare,
  simulation: simulationShare,
};
const killsAtOnce = 10;
const gapsAtOnce = 10;
const longestGapMs = 60_000;
const scenariosAtOnce = 1_000;
const hunters = 2;

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

/** As `kill`, where two servers share the PBX and the one that has it is killed. */
async function serverKillsShare(seed: number): Promise<Share> {
  const undo: (() => unknown)[] = [];
  const redis = await startRedis({ teardown: (end) => void undo.push(end as () => unknown) });
  try {
    const proof = await proveKills({ seed, kills: killsAtOnce, shared: { redisUrl: redis.url } });
    return { count: proof.kills, faults: faultsOf(proof), notes: notesOf(proof) };
  } finally {
    for (const end of undo) await end();
  }
}

/** `count` is how often the server was killed. Scenarios have seeds of their own: of share 3 those from 3,000 on. */
async function simulationShare(seed: number): Promise<Share> {
  const beganMs = Date.now();
  const each = scenariosAtOnce / hunters;
  const hunted = await Promise.all(
    Array.from({ length: hunters }, (_, i) => hunt(seed * scenariosAtOnce + i * each, each)),
  );
  const sum = (name: 'seeds' | 'kills') => hunted.reduce((total, one) => total + one[name], 0);
  const perMinute = Math.round((sum('seeds') * 60_000) / (Date.now() - beganMs));
  const faults = hunted.flatMap(({ caught }) =>
    caught ? caught.faults.map((fault) => `seed ${caught.seed}: ${fault} (${caught.story.join('; ')})`) : [],
  );
  return { count: sum('kills'), faults, notes: `${sum('seeds')} scenarios, ${perMinute} a minute` };
}

interface Hunted {
  seeds: number;
  kills: number;
  caught: { seed: number; faults: string[]; story: string[] } | null;
}

async function hunt(from: number, count: number): Promise<Hunted> {
  const file = join(projectFolder(), 'test', 'simulation', 'hunt.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [file, String(from), String(count)]);
  return JSON.parse(stdout) as Hunted;
}

async function gapShare(seed: number): Promise<Share> {
  const proof = await proveGaps({ seed, gaps: gapsAtOnce, longestMs: longestGapMs });
  const { sum, max } = proof.gapMs;
  const seconds = `${Math.round(sum / 1_000)} s of gaps, the longest ${(max / 1_000).toFixed(1)} s`;
  const notes = `${proof.calls} calls, ${proof.endedInGap} ended in a gap, ${proof.unseen} of them had begun in it, of ${proof.untold} the journal cannot tell why; ${seconds}`;
  return { count: proof.gaps, faults: faultsOf(proof), notes };
}

function faultsOf({ lost, double, wrong }: KillProof | GapProof): string[] {
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
