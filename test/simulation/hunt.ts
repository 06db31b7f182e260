/**
 * `node test/simulation/hunt.ts FROM COUNT [MUTANT]`: runs that many seeds, with a planted fault if asked, until one run
 * is not true; prints a line of JSON `{seeds, kills, caught: {seed, faults, story} | null}`.
 */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { mutants } from './mutants.ts';

const [from = 1, count = 100, mutant] = process.argv.slice(2).map(Number);
if (mutant !== undefined) plant(mutant);
const { runScenario } = await import('./scenario.ts');
const { faultsOf } = await import('./verdict.ts');

let caught: { seed: number; faults: string[]; story: string[] } | null = null;
let seeds = 0;
let kills = 0;
for (let seed = from; seed < from + count && !caught; seed++) {
  seeds += 1;
  const outcome = await runScenario(seed);
  kills += outcome.story.filter((what) => what.includes('server killed')).length;
  const faults = faultsOf(outcome);
  if (faults.length > 0) caught = { seed, faults: faults.slice(0, 5), story: outcome.story };
}
console.log(JSON.stringify({ seeds, kills, caught }));
process.exit(0);

function plant(index: number): void {
  const { file, from: whole, to } = mutants[index]!;
  const path = join(import.meta.dirname, '../../src', file);
  const source = readFileSync(path, 'utf8');
  if (source.split(whole).length !== 2) throw new Error(`${file} does not hold this exactly once: ${whole}`);
  const changed = source.replace(whole, () => to);
  const target = pathToFileURL(path).href;
  registerHooks({
    load(url, context, next) {
      if (url !== target) return next(url, context);
      return { format: 'module-typescript', source: changed, shortCircuit: true };
    },
  });
}
