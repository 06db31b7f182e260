/** Gaps of ARI under real calls, with the PBX's journal: nothing lost, double or wrong. More: `npm run prove -- gaps`. */
import t from 'tap';
import { proveGaps } from '../support/gap-proof.ts';

const gaps = Number(process.env['GAPS'] || 8);
const seed = Number(process.env['SEED'] || 1);

t.test(
  'Whatever gap there is in ARI, the journal fills it: every call has its one true record',
  { timeout: 400_000 },
  async (t) => {
    const proof = await proveGaps({ seed, gaps, longestMs: 15_000 });
    t.comment(JSON.stringify(proof));
    t.equal(proof.gaps, gaps);
    t.ok(proof.calls > 5 * gaps, 'there were calls');
    t.ok(proof.endedInGap > gaps, `${proof.endedInGap} of them ended in a gap`);
    t.ok(proof.unseen > 0, `${proof.unseen} came and went in one`);
    t.same(proof.lost, [], '0 lost');
    t.same(proof.double, [], '0 double');
    t.same(proof.wrong, [], '0 wrong');
  },
);
