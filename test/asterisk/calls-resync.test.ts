/** What a server knows of calls that were there before it connected. */
import t, { type Test } from 'tap';
import { v7 } from 'uuid';
import { waitFor } from '../../scripts/lab/tools.ts';
import { createAriTelephony } from '../../src/adapters/ari/telephony.ts';
import type { Call } from '../../src/contract/calls.ts';
import { createCalls } from '../../src/features/calls/calls.ts';
import { systemClock } from '../../src/ports/clock.ts';
import { makeViewer } from '../../src/ports/viewer.ts';
import { sumsHold } from '../support/call-stage.ts';
import { peopleOf, quietLog } from '../support/calls-people.ts';
import { openCallsScene } from '../support/calls-scene.ts';
import { openTestDatabase } from '../support/database.ts';

t.setTimeout(120_000);
const scene = await openCallsScene({ name: 'calls-resync' });
t.teardown(() => scene.close());
const { lab } = scene;

t.test('A server that comes later knows a call from the first moment it saw, and says no more', async (t) => {
  const [talking, queued] = ['0711000011', '0711000012'];
  const arriving = lab.phones.nextCall('1002');
  const customer = await lab.phones.call({ from: 'customer', callerId: talking, to: '1002' });
  const agent = await arriving;
  await agent.waitAnswered();
  const waiting = await lab.phones.call({ from: 'customer', callerId: queued, to: '8010' });
  const inPhase = (number: string, phase: string) => scene.live(number).some((call) => call.phase === phase);
  await waitFor('both calls', () => inPhase(talking, 'talking') && inPhase(queued, 'queued'), 10_000);
  const [known] = scene.live(talking);
  await new Promise((resolve) => setTimeout(resolve, 1_500));

  const late = await laterServer(t);
  const liveOf = (number: string) => late.calls.live.all().find((call) => call.caller.number === number)!;
  t.match(liveOf(talking), {
    id: known!.id,
    uniqueId: known!.uniqueId,
    direction: 'inbound',
    state: 'in-progress',
    phase: 'talking',
    startedAt: known!.startedAt,
    lastSeenAt: null,
    segments: [{ device: 'PJSIP/1002', to: null }],
  });
  const heardMs = Date.parse(liveOf(talking).answeredAt!);
  t.ok(heardMs >= late.connectingMs, 'answered: the first moment known, not a guess');
  t.ok(heardMs > Date.parse(known!.answeredAt!), 'which is later than it was');
  t.match(liveOf(queued), {
    phase: 'queued',
    answeredAt: null,
    queueVisits: [{ queue: 'waiting', outcome: null }],
  });

  await agent.hangup();
  await customer.waitEnded();
  await waiting.hangup();
  const [first, second] = [await late.record(talking), await late.record(queued)];
  t.match(first, {
    state: 'answered',
    reason: 'agent-hung-up',
    endedBy: 'agent',
    answeredAt: new Date(heardMs).toISOString(),
    lastSeenAt: null,
    waitMs: 0,
    ringMs: 0,
    talkMs: Date.parse(first.endedAt!) - heardMs,
  });
  t.match(second, {
    state: 'abandoned',
    reason: 'abandoned-in-queue',
    queueVisits: [{ outcome: 'abandoned' }],
  });
  for (const call of [first, second]) sumsHold(t, call);
  t.same(
    [first, second].map(({ startedAt, endedAt }) => [startedAt, endedAt]),
    [await scene.record(talking), await scene.record(queued)].map(({ startedAt, endedAt }) => [
      startedAt,
      endedAt,
    ]),
    'start and end are the same as of the server that saw it all',
  );
});

/** Another server of the same PBX, with a database of its own, that has just read what there is. */
async function laterServer(t: Test) {
  const database = await openTestDatabase();
  const devices = lab.phones.roster.map(({ number, name }) => ({ name, devices: [`PJSIP/${number}`] }));
  const calls = createCalls({
    db: database.db,
    people: peopleOf(devices),
    clock: systemClock,
    log: quietLog,
  });
  const { ariUrl: url, ariUsername: username, ariPassword: password } = lab.pbx;
  const telephony = createAriTelephony({
    name: 'main',
    ari: { url, username, password, app: 'vigie-later' },
    log: quietLog,
    needsMembership: () => false,
  });
  t.teardown(async () => {
    await calls.stop();
    await telephony.stop();
    await database.close();
  });
  const connectingMs = Date.now();
  const ready = Promise.withResolvers<void>();
  await telephony.start((fact) => {
    calls.onFact(fact);
    if (fact.kind === 'resynced') ready.resolve();
  });
  await ready.promise;
  const manager = makeViewer({ id: v7(), name: 'Manager', roles: ['manager'], teamIds: [] });
  const record = (number: string): Promise<Call> =>
    waitFor(`a record of ${number}`, async () => {
      const { items } = await calls.service.list(manager, { q: number, limit: 10 });
      return calls.counts().waiting === 0 ? items.find(({ state }) => state !== 'in-progress') : undefined;
    });
  return { calls, connectingMs, record };
}
