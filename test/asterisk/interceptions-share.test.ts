/** A share of `npm run bench -- interceptions`, which does a thousand beside other traffic. */
import t from 'tap';
import { openInterceptionScene, runInterceptions } from '../support/interceptions.ts';

t.setTimeout(240_000);
const scene = await openInterceptionScene('interceptions');
t.teardown(() => scene.close());
/** Aim 300 ms; what a person feels is tested at three times its aim. */
const silenceMaxMs = 900;

for (const ami of [false, true]) {
  t.test(
    `Nobody is lost when many calls are taken over at once, ${ami ? 'by AMI' : 'by the dialplan'}`,
    async (t) => {
      const run = await scene.start({ ami });
      t.teardown(() => run.abandon());
      const { silencesMs, ...result } = await runInterceptions(scene, run, 12);
      t.comment(JSON.stringify({ ...result, silencesMs: silencesMs.map(Math.round) }));
      t.same(result.faults, []);
      t.same(result.customersLost, [], 'no customer');
      t.same(result.agentsLost, [], 'no agent');
      if (ami) t.equal(result.agentsRungAgain, 0, 'AMI moves both legs at once');
      const longest = Math.max(...silencesMs);
      t.ok(longest <= silenceMaxMs, `${longest.toFixed(0)} ms without a voice at a customer`);
      await scene.nothingOfOurs();
    },
  );
}
