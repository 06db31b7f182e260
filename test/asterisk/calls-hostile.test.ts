/** A caller's name is whatever a caller, or his provider, writes into it. */
import t from 'tap';
import { openCallsScene } from '../support/calls-scene.ts';

const piece = '\u{1F642}<b>\u202Eé';
/** Longer than Asterisk's own variables (it cuts them, here within the letters x): its dialplan makes the name, ARI would not. */
const part = `${piece}${'x'.repeat(200)}`;
const tenTimes = (variable: string): string => `$\{${variable}}`.repeat(10);
const dialplan = `
[numbers](+)
exten => 8999,1,Set(A=${part})
 same => n,Set(B=${tenTimes('A')})
 same => n,Set(C=${tenTimes('B')})
 same => n,Set(CALLERID(name)=\${C})
 same => n,Dial(PJSIP/1001,10)
 same => n,Hangup()
`;

t.test(
  'A caller’s name of thousands of characters, with tags, emoji and RTL marks, is cut and kept',
  async (t) => {
    const scene = await openCallsScene({ name: 'hostile', pbx: { dialplan } });
    t.teardown(() => scene.close());
    const caller = await scene.lab.phones.call({ from: 'customer', to: '8999', callerId: '0699000001' });
    await caller.waitAnswered();
    await caller.hangup();
    const record = await scene.record('0699000001');
    t.match(record, { reason: 'customer-hung-up', endedBy: 'customer', state: 'answered' });
    const name = record.caller.name ?? '';
    t.ok(name.startsWith('\u{1F642}<b>'), 'what the caller wrote is kept as text');
    t.equal(name.length, 200, 'up to the limit');
    t.ok(name.isWellFormed(), 'no emoji is cut in half');
  },
);
