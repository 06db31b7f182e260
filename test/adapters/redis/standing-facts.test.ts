/** What somebody who was not there is told of a PBX, beside the facts of its calls. */
import t from 'tap';
import type { FactBody, TelephonyFact } from '../../../src/ports/telephony-facts.ts';
import { StandingFacts } from '../../../src/standing-facts.ts';

let sequence = 0;
const fact = (body: FactBody, atMs: number, source: TelephonyFact['source'] = 'ari') =>
  ({ ...body, pbx: 'main', source, generation: 1, sequence: ++sequence, atMs }) as TelephonyFact;
const began = (uniqueId: string, atMs: number, source?: TelephonyFact['source']) =>
  fact({ kind: 'leg-created', leg: { uniqueId } } as FactBody, atMs, source);
const ended = (uniqueId: string, atMs: number) =>
  fact({ kind: 'leg-vanished', uniqueId, lastSeenAtMs: atMs, becauseRestarted: false }, atMs);
const resyncOf = (standing: StandingFacts) => standing.all().find(({ kind }) => kind === 'resynced');

t.test('The resync that is told names who lives now, as of the newest that was heard', async (t) => {
  const standing = new StandingFacts();
  standing.note(began('gone', 10));
  standing.note(fact({ kind: 'resynced', liveUniqueIds: ['a', 'b'] }, 100));
  standing.note(began('c', 200));
  standing.note(ended('a', 300));
  standing.note(began('old', 50, 'cel'));
  t.match(resyncOf(standing), { atMs: 300, liveUniqueIds: ['b', 'c'] });
});

t.test('A leg that began while a resync was read is none that it missed', async (t) => {
  const standing = new StandingFacts();
  standing.note(began('new', 150));
  standing.note(fact({ kind: 'resynced', liveUniqueIds: [] }, 100));
  t.match(resyncOf(standing), { atMs: 150, liveUniqueIds: ['new'] });
});

t.test('A PBX that was never read has no resync', async (t) => {
  t.same(new StandingFacts().all(), []);
});
