/** A share of `npm run bench -- random-actions`, which does a thousand. */
import t from 'tap';
import { openRandomScene, runRandomActions, startRandomRun } from '../support/random-actions.ts';

t.setTimeout(180_000);
const scene = await openRandomScene('random-actions');
t.teardown(() => scene.close());
const seed = Number(process.env['SEED'] || Date.now() % 100_000);

t.test(
  'After random actions the PBX has what the supervisions explain, and in the end nothing of ours',
  async (t) => {
    t.comment(`SEED=${seed}`);
    const run = await startRandomRun(scene, seed % 2 === 0);
    const result = await runRandomActions(scene, run, { sequences: 42, seed, callsAtOnce: 20 });
    t.same(result.faults, [], 'every refusal has its code');
    t.same(result.unexplained, [], 'nothing is there that no supervision uses');
    t.same(result.missing, [], 'whoever is live has all that he needs');
    await scene.nothingOfOurs(15_000);
    const done = Object.values(result.done).reduce((sum, n) => sum + n, 0);
    t.ok(done > result.actions / 5, `${done} of ${result.actions} actions were done`);
  },
);
