import type { Page } from 'playwright-core';
import t from 'tap';
import type { Call } from '../../src/contract/calls.ts';
import type { Supervision } from '../../src/contract/supervisions.ts';
import { freeShownMax, isWaiting, targetsOf } from '../../src/web/panel/send-on/targets.ts';
import { waitFor } from '../support/wait-for.ts';
import { makeFloor } from './support/floor.ts';
import { idOf } from './support/ids.ts';
import { agentRow, assertAccessible, startPanelBrowser } from './support/panel-page.ts';

const open = await startPanelBrowser(t);
type Fixture = Awaited<ReturnType<typeof open>>['fixture'];
const nowMs = Date.parse('2026-11-21T10:00:00.000Z');
const manager = { id: idOf('person', 1), roles: ['manager' as const], teams: [] };
const wish = { me: manager, pbx: 'main', backTo: null, queue: null, isQueued: false, words: '' };

t.test(
  'Only who may have the call is offered it: free, of one’s own teams, with a phone that rings',
  async (t) => {
    const floor = makeFloor({ agents: 60, nowMs });
    const { free, queues, back } = targetsOf(floor, wish);
    t.equal(back, null);
    t.equal(queues.length, 3);
    t.same([...new Set(free.map(({ state }) => state))], ['available']);
    const elsewhere = targetsOf(floor, { ...wish, pbx: 'other' });
    t.same([elsewhere.free, elsewhere.queues], [[], []], 'a call stays on its PBX');
    const team = floor.agents[1]!.teams[0]!;
    const supervisor = { id: manager.id, roles: ['supervisor' as const, 'admin' as const], teams: [team] };
    const his = targetsOf(floor, { ...wish, me: supervisor }).free;
    t.ok(his.length > 0 && his.length < free.length);
    t.ok(
      his.every(({ teams }) => teams[0]!.id === team.id),
      'seeing somebody as an administrator is not enough',
    );
    const [first] = free;
    const without = {
      ...floor,
      agents: floor.agents.map((one) => (one === first ? { ...one, devices: [] } : one)),
    };
    t.notOk(
      targetsOf(without, wish).free.some(({ id }) => id === first!.id),
      'no phone',
    );
    t.notOk(
      targetsOf(floor, { ...wish, me: { ...manager, id: first!.id } }).free.includes(first!),
      'not to oneself',
    );
    const own = targetsOf(floor, { ...wish, queue: 'ventes' });
    t.equal(own.free[0]!.queues[0]!.id, 'ventes', 'who serves the queue of the call stands first');
    t.equal(own.queues.length, 3);
    t.notOk(
      targetsOf(floor, { ...wish, queue: 'ventes', isQueued: true }).queues.some(({ id }) => id === 'ventes'),
      'a call that waits is not moved to where it waits',
    );
  },
);

t.test('The agent it was taken from comes back first, unless he is offline', async (t) => {
  const floor = makeFloor({ agents: 60, nowMs });
  const busy = floor.agents.find(({ state }) => state === 'on-call')!;
  const gone = floor.agents.find(({ state }) => state === 'offline')!;
  t.equal(targetsOf(floor, { ...wish, backTo: busy.id }).back?.id, busy.id);
  t.equal(targetsOf(floor, { ...wish, backTo: gone.id }).back, null);
});

t.test('Of a thousand agents some are shown, and how many more there are', async (t) => {
  const floor = makeFloor({ agents: 1000, nowMs });
  const { free, more } = targetsOf(floor, wish);
  t.equal(free.length, freeShownMax);
  t.equal(
    free.length + more,
    floor.agents.filter((one) => one.state === 'available' && one.devices[0]).length,
  );
  const words = free[0]!.name.toUpperCase();
  t.equal(targetsOf(floor, { ...wish, words }).free[0]!.id, free[0]!.id, 'searched whatever the case');
});

async function intercept(page: Page, fixture: Fixture): Promise<{ row: Supervision; name: string }> {
  const inSight = page.locator(`${agentRow}[data-state=on-call]`).first();
  const agent = fixture.agent((await inSight.getAttribute('data-agent-id'))!);
  fixture.change({ agents: [{ ...agent, mayDo: ['listen', 'intercept'] }] });
  const row = page.locator(`${agentRow}[data-agent-id="${agent.id}"]`);
  await row.locator('[data-action=listen]').waitFor();
  await row.focus();
  await page.keyboard.press('i');
  await page.fill('[role=dialog] input[data-autofocus]', 'Customer is angry');
  await page.keyboard.press('Enter');
  await waitFor(() => fixture.floor().supervisions.length, Boolean);
  const [taken] = fixture.floor().supervisions;
  const live: Supervision = { ...taken!, state: 'live' };
  fixture.change({ supervisions: [live] });
  await page.waitForSelector('[data-hand-over]');
  return { row: live, name: agent.name };
}
const asked = (fixture: Fixture, ending: string) =>
  fixture.requests
    .filter(({ method, url }) => method === 'POST' && url.endsWith(ending))
    .map(({ body }) => body);

t.test('A call that was taken over is handed back by keyboard, the agent it came from first', async (t) => {
  const { page, fixture, complaints } = await open(t, { agents: 60, language: 'en', theme: 'dark' });
  const { row, name } = await intercept(page, fixture);
  await page.locator('[data-hand-over]').focus();
  await page.keyboard.press('Enter');
  await page.waitForSelector('[role=dialog] [role=option]');
  await assertAccessible(t, page, 'to whom');
  t.match(await page.locator('[role=dialog] [role=option]').first().textContent(), `Back to ${name}`);
  await page.keyboard.press('Enter');
  t.same(asked(fixture, '/hand-over'), [], 'nothing is chosen before one has chosen');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.waitForSelector('[role=dialog]', { state: 'detached' });
  t.same(asked(fixture, '/hand-over'), [{ agentId: row.agentId }]);
  await page.waitForSelector('text=Handed over: the phone is ringing');
  t.equal(
    await page.locator('[data-hand-over]').count(),
    0,
    'while he is on his way he is handed to nobody else',
  );
  t.same(complaints, []);
});

t.test('It is handed to another by a search, and what the server refuses is said', async (t) => {
  const { page, fixture } = await open(t, { agents: 60, language: 'en' });
  await intercept(page, fixture);
  fixture.failures.set(
    `POST /api/supervisions/${fixture.floor().supervisions[0]!.id}/hand-over`,
    'pbx-refused',
  );
  await page.click('[data-hand-over]');
  await page.waitForSelector('[role=dialog] [role=combobox]:focus');
  await page.keyboard.type('factur');
  await waitFor(
    () => page.locator('[role=dialog] [role=option]').count(),
    (n) => n === 1,
  );
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.waitForSelector('text=Asterisk refused the command');
  t.same(asked(fixture, '/hand-over'), [{ queue: 'facturation' }]);
  await page.keyboard.press('Escape');
  await page.waitForSelector('[role=dialog]', { state: 'detached' });
});

t.test('A waiting call is moved to another queue, and only a waiting one is offered to be', async (t) => {
  const { page, fixture } = await open(t, { agents: 30, language: 'en' });
  await page.click('label:has-text("Calls in progress")');
  await page.waitForSelector('[data-move]');
  const waiting = fixture.floor().calls.filter(isWaiting);
  t.equal(await page.locator('[data-move]').count(), waiting.length);
  await page.click('[data-move]');
  await page.waitForSelector('[role=dialog] [role=option]');
  await assertAccessible(t, page, 'where to');
  t.equal(await page.getByRole('option', { name: /^Support/ }).count(), 0, 'not to the queue he waits in');
  await page.getByRole('option', { name: /^Ventes/ }).click();
  await page.waitForSelector('text=The call is sent to Ventes');
  t.same(asked(fixture, '/move'), [{ queue: 'ventes' }]);
  await page.click('[data-move]');
  await page.waitForSelector('[role=dialog] [role=option]');
  const answered: Call = {
    ...waiting[0]!,
    state: 'answered',
    phase: 'ended',
    endedAt: new Date().toISOString(),
  };
  fixture.change({ calls: [answered] });
  await page.waitForSelector('text=This call no longer waits');
});

t.test('Who may not move calls has no button for it', async (t) => {
  const { page } = await open(t, { agents: 30, language: 'en', withheld: ['calls.move'] });
  await page.click('label:has-text("Calls in progress")');
  await page.waitForSelector('[data-phase=queued]');
  t.equal(await page.locator('[data-move]').count(), 0);
});
