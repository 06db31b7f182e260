/** The pure rules under a call: names of channels, texts, ids, spans, and the table of reasons. */
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import t from 'tap';
import { validate, version } from 'uuid';
import { hangupReasons } from '../../../src/contract/calls.ts';
import {
  deviceOf,
  devicesAskedFor,
  isTool,
  isZombie,
  localHalfOf,
  numberDialled,
} from '../../../src/features/calls/channel-name.ts';
import { cleanText, textOrNull } from '../../../src/features/calls/clean-text.ts';
import { type Ending, hangupReason } from '../../../src/features/calls/hangup-reason.ts';
import { recordId } from '../../../src/features/calls/record-id.ts';
import { sameValue } from '../../../src/features/calls/same-value.ts';
import { common, merged, overlaps } from '../../../src/features/calls/spans.ts';

t.test('A channel’s name gives its device', async (t) => {
  const table: [string, string][] = [
    ['PJSIP/1001-0000002a', 'PJSIP/1001'],
    ['PJSIP/trunk-paris-0000002a', 'PJSIP/trunk-paris'],
    ['SIP/1001-0000002a', 'SIP/1001'],
    ['SIP/10.0.0.1-0000002a', 'SIP/10.0.0.1'],
    ['IAX2/office-4321', 'IAX2/office'],
    ['SCCP/1001-00000003', 'SCCP/1001'],
    ['DAHDI/i1/0612345678-3', 'DAHDI/i1/0612345678'],
    ['DAHDI/1-1', 'DAHDI/1'],
    ['Local/1001@from-queue-00000003;1', 'Local/1001@from-queue'],
    ['Local/1001@from-queue-00000003;2', 'Local/1001@from-queue'],
    ['PJSIP/1001-0000002a<ZOMBIE>', 'PJSIP/1001'],
    ['AsyncGoto/PJSIP/1001-0000002a', 'PJSIP/1001'],
    ['odd', 'odd'],
    ['', ''],
  ];
  for (const [channel, device] of table) t.equal(deviceOf(channel), device, channel);
  t.same(localHalfOf('Local/1@c-00000003;2'), { pair: 'Local/1@c-00000003', half: 2 });
  t.equal(localHalfOf('PJSIP/1001-0000002a'), null);
  t.ok(isTool('Snoop/1-00000001'));
  t.notOk(isTool('PJSIP/1001-0000002a'));
  t.ok(isZombie('PJSIP/1001-0000002a<ZOMBIE>'));
});

t.test('A dial string gives the number, a Dial the devices it wants', async (t) => {
  t.equal(numberDialled('0612345678@trunk'), '0612345678');
  t.equal(numberDialled('trunk/0612345678'), '0612345678');
  t.equal(numberDialled('PJSIP/+33612345678@trunk'), '+33612345678');
  t.equal(numberDialled('trunk'), null);
  t.same(devicesAskedFor('PJSIP/1001&SIP/1002,30,tk'), ['PJSIP/1001', 'SIP/1002']);
  t.same(devicesAskedFor('PJSIP/1001/sip:a@b,60'), ['PJSIP/1001']);
  t.same(devicesAskedFor('Local/1001@x/n,60'), []);
  t.same(devicesAskedFor(''), []);
});

t.test('Any text can be stored', async (t) => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.integer({ min: 1, max: 250 }),
      (text, max) => {
        const cleaned = cleanText(text, max);
        return cleaned.length <= max && !cleaned.includes('\0') && cleaned.isWellFormed();
      },
    ),
  );
  t.equal(cleanText('a'.repeat(10), 10), 'a'.repeat(10), 'at the limit it stays whole');
  t.equal(cleanText('a'.repeat(11), 10), 'a'.repeat(10));
  t.equal(textOrNull('  ', 10), null);
  t.equal(textOrNull('\0', 10), null);
});

t.test(
  'A record’s id is of the shape of a UUIDv7, sorts by time and is the same for the same call',
  async (t) => {
    const id = recordId(1_795_247_480_719, 'main', '1795247480.5');
    t.ok(validate(id));
    t.equal(version(id), 7);
    t.equal(recordId(1_795_247_480_719, 'main', '1795247480.5'), id);
    t.not(recordId(1_795_247_480_719, 'other', '1795247480.5'), id);
    t.ok(recordId(1_795_247_480_720, 'main', '1') > id);
    t.ok(validate(recordId(0, '', '')));
  },
);

t.test('Spans merge over small gaps, and intersect', async (t) => {
  const spans = [
    { from: 10, to: 20 },
    { from: 0, to: 5 },
    { from: 22, to: 30 },
  ];
  t.same(merged(spans, 2), [
    { from: 0, to: 5 },
    { from: 10, to: 30 },
  ]);
  t.same(merged(spans, 1), [
    { from: 0, to: 5 },
    { from: 10, to: 20 },
    { from: 22, to: 30 },
  ]);
  t.same(common({ from: 0, to: 5 }, { from: 4, to: 9 }), { from: 4, to: 5 });
  t.equal(common({ from: 0, to: 5 }, { from: 5, to: 9 }), null, 'the end is not part of a span');
  t.notOk(overlaps({ from: 0, to: 5 }, { from: 5, to: 9 }));
});

t.test('Plain values are compared by what they hold', async (t) => {
  const plain = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown);
  fc.assert(fc.property(plain, plain, (a, b) => sameValue(a, b) === isDeepStrictEqual(a, b)));
  fc.assert(fc.property(plain, (a) => sameValue(a, structuredClone(a))));
  t.notOk(sameValue({}, []));
});

const answered: Ending = {
  direction: 'inbound',
  how: 'seen',
  by: 'subject',
  subjectIsCallee: false,
  answered: true,
  phase: 'talking',
  partnerOutside: false,
  lastAttempts: [],
  causes: [16],
  nobodyThere: false,
  wentNowhere: false,
  lastApp: 'Dial',
};
const never: Ending = { ...answered, answered: false, phase: 'menu', by: 'dialplan' };

const table: [Partial<Ending> & { base: Ending }, string][] = [
  [{ base: answered }, 'customer-hung-up customer answered'],
  [{ base: answered, by: 'partner' }, 'agent-hung-up agent answered'],
  [{ base: answered, by: 'supervisor' }, 'supervisor-hung-up supervisor answered'],
  [{ base: answered, by: 'unknown' }, 'unknown unknown answered'],
  [{ base: answered, by: 'dialplan' }, 'ended-by-dialplan system answered'],
  [{ base: answered, phase: 'on-hold' }, 'customer-hung-up customer answered'],
  [{ base: answered, phase: 'parked' }, 'customer-hung-up customer answered'],
  [{ base: answered, phase: 'menu' }, 'customer-hung-up customer answered'],
  [{ base: answered, phase: 'menu', by: 'dialplan' }, 'ended-by-dialplan system answered'],
  [{ base: answered, phase: 'queued' }, 'abandoned-in-queue customer answered'],
  [{ base: answered, direction: 'internal' }, 'caller-hung-up caller answered'],
  [{ base: answered, direction: 'internal', by: 'partner' }, 'callee-hung-up callee answered'],
  [{ base: answered, direction: 'internal', subjectIsCallee: true }, 'callee-hung-up callee answered'],
  [{ base: answered, direction: 'outbound' }, 'customer-hung-up customer answered'],
  [{ base: answered, direction: 'outbound', by: 'partner' }, 'agent-hung-up agent answered'],
  [{ base: answered, partnerOutside: true }, 'forwarded-outside customer answered'],
  [{ base: answered, partnerOutside: true, by: 'partner' }, 'forwarded-outside callee answered'],
  [{ base: answered, by: 'dialplan', causes: [44] }, 'media-failure system answered'],
  [{ base: answered, how: 'restarted' }, 'pbx-restarted system answered'],
  [{ base: answered, how: 'vanished' }, 'unknown unknown answered'],
  [{ base: never, by: 'subject' }, 'abandoned-in-menu customer abandoned'],
  [{ base: never, by: 'subject', phase: 'queued' }, 'abandoned-in-queue customer abandoned'],
  [{ base: never, by: 'subject', phase: 'ringing' }, 'abandoned-ringing customer abandoned'],
  [
    { base: never, by: 'subject', phase: 'ringing', direction: 'outbound' },
    'abandoned-ringing agent abandoned',
  ],
  [
    { base: never, by: 'subject', phase: 'ringing', direction: 'internal' },
    'abandoned-ringing caller abandoned',
  ],
  [{ base: never, by: 'unknown', phase: 'queued' }, 'abandoned-in-queue customer abandoned'],
  [{ base: never, by: 'unknown' }, 'unknown unknown failed'],
  [{ base: never, phase: 'voicemail', by: 'subject' }, 'voicemail customer missed'],
  [{ base: never, phase: 'voicemail' }, 'voicemail system missed'],
  [{ base: never, lastAttempts: ['no-answer', 'busy'] }, 'no-answer system missed'],
  [{ base: never, lastAttempts: ['busy', 'rejected'] }, 'busy system busy'],
  [{ base: never, lastAttempts: ['rejected'] }, 'rejected agent missed'],
  [{ base: never, lastAttempts: ['rejected'], direction: 'outbound' }, 'rejected customer missed'],
  [{ base: never, lastAttempts: ['rejected'], direction: 'internal' }, 'rejected callee missed'],
  [{ base: never, lastAttempts: ['unreachable'] }, 'agent-unreachable system missed'],
  [{ base: never, nobodyThere: true, causes: [3] }, 'agent-unreachable system missed'],
  [{ base: never, lastAttempts: ['congestion'], causes: [34] }, 'congestion system failed'],
  [{ base: never, lastAttempts: ['congestion'], causes: [1] }, 'invalid-number system failed'],
  [{ base: never, causes: [28] }, 'invalid-number system failed'],
  [{ base: never, by: 'unknown', wentNowhere: true, causes: [0] }, 'invalid-number system failed'],
  [{ base: never, causes: [58] }, 'media-failure system failed'],
  [{ base: never, lastApp: 'Busy', by: 'subject' }, 'busy system busy'],
  [{ base: never, lastApp: 'Congestion', by: 'subject' }, 'congestion system failed'],
  [{ base: never }, 'ended-by-dialplan system missed'],
  [{ base: never, how: 'restarted' }, 'pbx-restarted system failed'],
];

t.test('The table of reasons', async (t) => {
  const given = new Set<string>();
  for (const [{ base, ...change }, expected] of table) {
    const { reason, endedBy, state } = hangupReason({ ...base, ...change });
    t.equal(`${reason} ${endedBy} ${state}`, expected, JSON.stringify(change));
    given.add(reason);
  }
  const notByThePbx = ['callback-requested'];
  t.same(
    hangupReasons.filter((reason) => !given.has(reason)),
    notByThePbx,
    'every other reason has a row',
  );
});
