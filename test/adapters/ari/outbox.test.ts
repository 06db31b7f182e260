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

t.test('Facts of one turn go together, in their order', async (t) => {
  const sent: Array<{ sequences: number[]; count: number }> = [];
  const outbox = createOutbox({
    send: (text, count) => {
      sent.push({ sequences: JSON.parse(text).map((one: TelephonyFact) => one.sequence), count });
    },
    onFull: () => t.fail('not full'),
    onEmpty: () => t.fail('never was full'),
  });
  for (const sequence of [1, 2, 3]) outbox.add(fact(sequence));
  await waitFor('the batch', () => sent.length === 1);
  outbox.add(fact(4));
  await waitFor('the next', () => sent.length === 2);
  t.same(sent, [
    { sequences: [1, 2, 3], count: 3 },
    { sequences: [4], count: 1 },
  ]);
  outbox.taken(4);
});

t.test('At the bound the reader is stopped once, and goes on when all is taken', async (t) => {
  const said: string[] = [];
  const outbox = createOutbox({
    send: () => {},
    onFull: () => {
      said.push('full');
      // What a reader says when it is stopped is a fact as well.
      outbox.add(fact(100));
    },
    onEmpty: () => void said.push('empty'),
    factsMax: 3,
  });
  for (const sequence of [1, 2, 3, 4, 5]) outbox.add(fact(sequence));
  t.same(said, ['full']);
  outbox.taken(5);
  t.same(said, ['full']);
  outbox.taken(1);
  t.same(said, ['full', 'empty']);
});
