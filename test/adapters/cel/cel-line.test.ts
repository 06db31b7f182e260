/** Lines of the journal as different Asterisks, mappings and accidents make them. */
import t from 'tap';
import { createCelClock } from '../../../src/adapters/cel/cel-clock.ts';
import { cellsOf, parseCelLine } from '../../../src/adapters/cel/cel-line.ts';
import { journalLine, sampleLine } from '../../support/journal-lines.ts';

const clock = createCelClock();
const hangup = { hangupcause: 16, hangupsource: 'PJSIP/1001-00000007', dialstatus: 'ANSWER' };
const row = {
  event: 'HANGUP',
  atMs: 1_763_980_000_123,
  uniqueId: '1763980000.7',
  linkedId: '1763980000.7',
  channel: 'PJSIP/1001-00000007',
  callerNumber: '0612345678',
  callerName: 'Zoé "la" R, dite Z',
  exten: '1001',
  context: 'internal',
  app: '',
  appData: '',
  extra: JSON.stringify(hangup),
};

t.test(
  'Our mapping and Asterisk’s own sample (FreePBX’s default) are told apart by themselves',
  async (t) => {
    const line = { event: 'HANGUP', extra: hangup };
    t.same(parseCelLine(journalLine(line), clock), row);
    t.same(parseCelLine(sampleLine(line), clock), row);
    t.same(
      parseCelLine(`${journalLine(line)},"another","column"`, clock),
      row,
      'columns an administrator added',
    );
    t.equal(parseCelLine('"HANGUP","1763980000.1","a","b","c","d"', clock), null);
    t.equal(parseCelLine('', clock), null);
  },
);

t.test(
  'A line cut anywhere is not taken for a whole one; one that another was written on to still holds that',
  async (t) => {
    for (const make of [journalLine, sampleLine]) {
      const whole = make({ event: 'HANGUP', extra: hangup });
      for (let length = 0; length < whole.length; length++) {
        const read = parseCelLine(whole.slice(0, length), clock);
        if (read) t.fail(`cut at ${length} it was read as ${JSON.stringify(read)}`);
        const next = make({ event: 'CHAN_END', uniqueId: '1763980000.8' });
        const glued = parseCelLine(whole.slice(0, length) + next, clock);
        if (glued?.uniqueId !== '1763980000.8')
          t.fail(`cut at ${length}, the line written on to it was not read`);
      }
    }
    t.pass();
  },
);

t.test('Quotes, commas and the longest line', async (t) => {
  t.same(cellsOf('a,"b,""c""",,"",d'), ['a', 'b,"c"', '', '', 'd']);
  t.same(cellsOf('a"b'), null);
  t.same(cellsOf('"a"b'), null);
  t.same(cellsOf('"a'), null);
  t.equal(cellsOf(',,'.repeat(100)), null, 'more columns than any mapping has');
  const long = parseCelLine(journalLine({ event: 'CHAN_START', name: 'n'.repeat(100_000) }), clock);
  t.equal(long?.callerName.length, 2_000, 'a text is kept as far as it can say something');
});

t.test(
  'Times are seconds, or a date of the zone that the unique ids show, through a change to summer time',
  async (t) => {
    const zoned = createCelClock();
    const at = (text: string, uniqueId: string, event = 'CHAN_START') => zoned.read(text, uniqueId, event);
    t.equal(at('1763980000.123456', 'x'), 1_763_980_000_123);
    t.equal(at('2026-03-28 23:30:05.250', '1774737005.1'), 1_774_737_005_250, 'an hour ahead of UTC');
    t.equal(
      at('2026-03-28 23:31:00', '1774737005.1', 'HANGUP'),
      1_774_737_060_999,
      'whole seconds are late in theirs',
    );
    t.equal(at('2026-03-29 03:30:05', '1774747805.2'), 1_774_747_805_999, 'two hours ahead since the night');
    t.equal(at('2026-03-29 03:31:05', 'click-7', 'HANGUP'), 1_774_747_865_999);
    t.equal(at('2026-03-28T22:30:05Z', 'x', 'ANSWER'), 1_774_737_005_999);
    t.equal(at('2026-03-28 23:30:05+01', 'x', 'ANSWER'), 1_774_737_005_999);
    t.equal(at('yesterday', 'x'), null);
    t.equal(at('2026-13-41 99:99:99', 'x'), null);
  },
);
