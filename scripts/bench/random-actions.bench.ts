/**
 * Random sequences of actions by seven supervisors on 20 calls at once, which come, are held, transferred and go. Fails on
 * anything on the PBX that no supervision explains, on a live one that lacks anything, and on anything left when all have
 * ended. One half takes calls over by the bundled dialplan alone, the other by AMI.
 * Settings: SEQUENCES (1000), SEED (1).
 */
import { openRandomScene, runRandomActions, startRandomRun } from '../../test/support/random-actions.ts';

const sequences = Number(process.env['SEQUENCES'] || 1_000);
const seed = Number(process.env['SEED'] || 1);

const scene = await openRandomScene('bench');
try {
  for (const ami of [false, true]) {
    const run = await startRandomRun(scene, ami);
    const options = { sequences: Math.ceil(sequences / 2), seed: seed + (ami ? 1 : 0), callsAtOnce: 20 };
    const result = await runRandomActions(scene, run, options);
    const leftBehind = await scene.nothingOfOurs(15_000).then(
      () => [] as string[],
      (error: Error) => [error.message],
    );
    console.log(
      JSON.stringify({ benchmark: 'random-actions', seed: options.seed, ami, ...result, leftBehind }),
    );
    const { unexplained, missing, faults } = result;
    if (unexplained.length + missing.length + faults.length + leftBehind.length > 0) process.exitCode = 1;
    await run.abandon();
  }
} finally {
  await scene.close();
}
