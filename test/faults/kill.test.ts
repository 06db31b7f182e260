/** `kill -9` of the real server under real calls: nothing lost, nothing double, nothing wrong. More: `npm run prove -- kill`. */
import t from 'tap';
import { proveKills } from '../support/kill-proof.ts';

const kills = Number(process.env['KILLS'] || 12);
const seed = Number(process.env['SEED'] || 1);

t.test(
  'A server that is killed at any moment loses no call, doubles none and says nothing wrong',
  { timeout: 400_000 },
  async (t) => {
    const proof = await proveKills({ seed, kills });
    t.comment(JSON.stringify(proof));
    t.equal(proof.kills, kills);
    t.ok(proof.calls > 5 * kills, 'there were calls');
    t.same(proof.lost, [], '0 lost');
    t.same(proof.double, [], '0 double');
    t.same(proof.wrong, [], '0 wrong');
    // Aim 5 s; what a person would feel is tested at three times its aim.
    t.ok(Math.max(...proof.repairMs) <= 15_000, `repaired after at most ${Math.max(...proof.repairMs)} ms`);
  },
);
