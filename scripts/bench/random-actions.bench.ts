/**
 * Random sequences of actions by seven supervisors on 20 calls at once, which come, are held, transferred and go. Fails on
 * anything on the PBX that no supervision explains, and on anything left when all have ended.
 * Settings: SEQUENCES (1000), SEED (1).
 */
import { answeringSupervisors, runRandomActions } from '../../test/support/random-actions.ts';
import { openScene } from '../../test/support/supervision-scene.ts';

const sequences = Number(process.env['SEQUENCES'] || 1_000);
const seed = Number(process.env['SEED'] || 1);

const scene = await openScene({ name: 'bench', phones: answeringSupervisors });
try {
  const run = await scene.start();
  const result = await runRandomActions(scene, run, { sequences, seed, callsAtOnce: 20 });
  const leftBehind = await scene.nothingOfOurs(15_000).then(
    () => [] as string[],
    (error: Error) => [error.message],
  );
  console.log(JSON.stringify({ benchmark: 'random-actions', seed, ...result, leftBehind }));
  if (result.unexplained.length + result.faults.length + leftBehind.length > 0) process.exitCode = 1;
} finally {
  await scene.close();
}
