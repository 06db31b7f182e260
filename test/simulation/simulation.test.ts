/**
 * The real reader, fold and writer of records under a simulated PBX, clock, network and database: a seed decides
 * everything, so what fails once fails again. `npm run prove -- simulation` runs any share of seeds.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { factOf } from '../../src/adapters/ari/facts.ts';
import type { LegFact, LegSnapshot } from '../../src/ports/telephony-facts.ts';
import { transcripts } from '../support/transcripts.ts';
import { eventOf } from './ari-words.ts';
import { mutants } from './mutants.ts';
import { runScenario } from './scenario.ts';
import { faultsOf } from './verdict.ts';

const run = promisify(execFile);
const hunt = join(import.meta.dirname, 'hunt.ts');
const firstSeed = 1;
const seeds = 150;
const seedsForMutants = 400;

t.test('The simulated PBX says what a real one said', async (t) => {
  for (const { name, facts } of transcripts()) {
    const legs = new Map<string, LegSnapshot>();
    for (const fact of facts as LegFact[]) {
      if (fact.kind.startsWith('own-leg')) continue;
      if ('leg' in fact) legs.set(fact.leg.uniqueId, fact.leg);
      const { pbx, source, generation, sequence, atMs, ...body } = fact;
      t.same(
        factOf(eventOf(fact, legs)!),
        body,
        `${name}: ${fact.kind} of ${pbx} ${source} ${generation} ${sequence} ${atMs}`,
      );
    }
  }
});

t.test('The same seed gives the same run', async (t) => {
  const [one, two] = [await runScenario(7), await runScenario(7)];
  t.same([...two.records], [...one.records]);
  t.same(two.story, one.story);
});

t.test(
  `No record is lost, doubled or wrong, and the board shows what is: seeds ${firstSeed} to ${firstSeed + seeds - 1}`,
  async (t) => {
    t.setTimeout(300_000);
    for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
      const outcome = await runScenario(seed);
      t.same(faultsOf(outcome), [], `seed ${seed}: ${outcome.story.join('; ')}`);
    }
  },
);

t.test('Each planted fault is noticed', async (t) => {
  t.setTimeout(600_000);
  t.ok(mutants.length >= 20);
  const left = [...mutants.entries()];
  const hunter = async () => {
    for (let next = left.pop(); next; next = left.pop()) {
      const [index, { file, breaks }] = next;
      const seeds = [String(firstSeed), String(seedsForMutants), String(index)];
      const { stdout } = await run(process.execPath, [hunt, ...seeds]);
      t.ok((JSON.parse(stdout) as { caught: unknown }).caught, `${file}: ${breaks}`);
    }
  };
  await Promise.all([hunter(), hunter()]);
});
