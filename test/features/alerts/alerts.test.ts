import t from 'tap';
import { v7 } from 'uuid';
import { type AlertThresholds, defaultThresholds } from '../../../src/contract/alerts.ts';
import type { Role } from '../../../src/contract/permissions.ts';
import { createAlerts } from '../../../src/features/alerts/alerts.service.ts';
import { systemClock } from '../../../src/ports/clock.ts';
import { makeViewer } from '../../../src/ports/viewer.ts';
import { alertsOf } from '../../../src/web/panel/alerts/alerts-of.ts';
import { makeFloor } from '../../browser/support/floor.ts';
import { testDatabase } from '../../support/database.ts';

const viewer = (...roles: Role[]) => makeViewer({ id: v7(), name: 'Sophie', roles, teamIds: [] });
const changed: AlertThresholds = {
  ...defaultThresholds,
  exceptions: [{ queue: 'sales', waiting: 2, longestWaitMs: null, agentsFreeMin: null }],
};

t.test('thresholds are set by who sets up queues, are told at once, and survive a restart', async (t) => {
  const { db } = await testDatabase(t);
  const written: string[] = [];
  const audit = { write: async ({ action }: { action: string }) => void written.push(action) };
  const alerts = createAlerts({ db, clock: systemClock, audit });
  await alerts.reload();
  t.same(alerts.get(viewer('supervisor')), defaultThresholds, 'the first ones');
  let told = 0;
  alerts.onChange(() => {
    told += 1;
  });
  t.same(await alerts.set(viewer('manager'), changed), changed);
  t.equal(told, 1);
  await alerts.set(viewer('manager'), changed);
  t.equal(told, 1, 'the same again is no news');
  t.same(written, ['alert-thresholds.changed', 'alert-thresholds.changed']);
  const next = createAlerts({ db, clock: systemClock, audit });
  await next.reload();
  t.same(next.current(), changed);
  await t.rejects(alerts.set(viewer('supervisor'), changed), { code: 'not-allowed' });
  t.throws(() => alerts.get(viewer('agent')), { code: 'not-allowed' });
  const twice = { ...changed, exceptions: [...changed.exceptions, ...changed.exceptions] };
  await t.rejects(alerts.set(viewer('manager'), twice), { code: 'validation-failed' });
  t.same(alerts.current(), changed, 'a refused change changes nothing');
});

t.test('an alert begins one millisecond after its limit, once for each matter', async (t) => {
  const nowMs = Date.parse('2026-11-24T10:00:00.000Z');
  const ago = (ms: number) => new Date(nowMs - ms).toISOString();
  const floor = makeFloor({ agents: 3, nowMs });
  const [first, second, third] = floor.agents as [
    (typeof floor.agents)[0],
    (typeof floor.agents)[0],
    (typeof floor.agents)[0],
  ];
  const agents = (pausedForMs: number) => [
    { ...first, state: 'paused' as const, since: ago(pausedForMs), calls: [], help: null },
    { ...second, state: 'available' as const, since: ago(9_999_999), calls: [], help: null },
    {
      ...third,
      state: 'offline' as const,
      since: ago(9_999_999),
      calls: [],
      help: { since: ago(5), text: '' },
    },
  ];
  const queue = {
    ...floor.queues[0]!,
    id: 'sales',
    waiting: 2,
    agentsFree: 0,
    longestWaitSince: ago(60_001),
  };
  const kinds = (pausedForMs: number, thresholds: AlertThresholds) =>
    alertsOf({ agents: agents(pausedForMs), queues: [queue], outsideListenings: [] }, thresholds, nowMs).map(
      ({ kind }) => kind,
    );
  const limitMs = defaultThresholds.agents.pausedMs!;
  t.same(kinds(limitMs, defaultThresholds), ['help', 'queue-wait'], 'at the limit');
  t.same(kinds(limitMs + 1, defaultThresholds), ['help', 'queue-wait', 'agent-paused'], 'past it');
  t.same(kinds(limitMs, changed), ['help', 'queue-waiting'], 'a queue with thresholds of its own');
  const none = { waiting: null, longestWaitMs: null, agentsFreeMin: 1 };
  t.same(kinds(limitMs, { ...defaultThresholds, queue: none }), ['help', 'queue-nobody-free']);
});
