import t from 'tap';
import { waitFor } from '../../../scripts/lab/tools.ts';
import { createOutbox } from '../../../src/adapters/ari/outbox.ts';
import type { TelephonyFact } from '../../../src/ports/telephony-facts.ts';

const fact = (sequence: number): TelephonyFact => ({
  kind: 'ami-connected',
  pbx: 'main',
  source: 'ari',
  generation: 1,
  sequence,
  atMs: 0,
});

t.test('Facts go in their order, those that come close together as one', async (t) => {
  const sent: number[][] = [];
  const outbox = createOutbox({
    send: (text) => void sent.push(JSON.parse(text).map((one: TelephonyFact) => one.sequence)),
    taken: () => 0,
    onFull: () => t.fail('not full'),
    onEmpty: () => t.fail('never was full'),
  });
  for (const sequence of [1, 2, 3]) outbox.add(fact(sequence));
  await waitFor('the batch', () => sent.length === 1);
  outbox.add(fact(4));
  outbox.add(fact(5));
  await waitFor('the next', () => sent.length === 2);
  outbox.add(fact(6));
  outbox.stop();
  t.same(sent, [[1, 2, 3], [4, 5], [6]]);
});

t.test('At the bound the reader is stopped once, and goes on when all is taken', async (t) => {
  const said: string[] = [];
  let taken = 0;
  const outbox = createOutbox({
    send: () => {},
    taken: () => taken,
    onFull: () => {
      said.push('full');
      // What a reader says when it is stopped is a fact as well.
      outbox.add(fact(100));
    },
    onEmpty: () => void said.push('empty'),
    factsMax: 3,
  });
  t.teardown(() => outbox.stop());
  for (const sequence of [1, 2, 3, 4, 5]) outbox.add(fact(sequence));
  t.same(said, ['full']);
  taken = 6;
  await waitFor('the way on', () => said.length === 2);
  t.same(said, ['full', 'empty']);
  for (const sequence of [7, 8, 9]) outbox.add(fact(sequence));
  t.same(said, ['full', 'empty'], 'there is room again');
});
