import type { Page } from 'playwright-core';
import t from 'tap';
import { waitFor } from '../support/wait-for.ts';
import { hostileNames, inState } from './support/floor.ts';
import { agentRow, assertAccessible, assertFits, startPanelBrowser } from './support/panel-page.ts';

const open = await startPanelBrowser(t);

for (const theme of ['light', 'dark'] as const) {
  t.test(`Every page is accessible, ${theme}`, async (t) => {
    const language = theme === 'light' ? 'fr' : 'en';
    const { page, complaints, fixture } = await open(t, { agents: 60, theme, language });
    await page.waitForSelector(agentRow);
    await assertAccessible(t, page, 'live panel');
    await page.click('[data-action=listen]');
    await page.waitForSelector('[role=dialog] input[data-autofocus]');
    await assertAccessible(t, page, 'reason');
    await page.keyboard.press('Escape');
    const pages: [string, string][] = [
      ['/calls', 'tbody tr'],
      ['/admin/agents', 'tbody tr'],
      ['/admin/teams', 'tbody tr'],
      ['/admin/queues', 'tbody tr'],
      ['/admin/people', 'tbody tr'],
      ['/admin/pauses', '[data-reason]'],
      ['/exchanges', 'h1'],
      ['/admin/alerts', 'form'],
      ['/account', 'form'],
    ];
    for (const [path, sign] of pages) {
      await page.goto(fixture.url + path);
      await page.waitForSelector(sign);
      await assertAccessible(t, page, path);
      await assertFits(t, page, path);
    }
    fixture.signOutEverybody();
    await page.waitForSelector('input[name=login]');
    await assertAccessible(t, page, 'sign-in');
    t.same(complaints, []);
  });
}

t.test('Signing in with a wrong password says so; with the right one opens the panel', async (t) => {
  const { page } = await open(t, { agents: 3, signedIn: false });
  await page.fill('input[name=login]', 'camille');
  await page.fill('input[name=password]', 'wrong');
  await page.keyboard.press('Enter');
  t.match(await page.textContent('[role=alert]'), /Identifiant inconnu ou mot de passe faux/);
  await page.fill('input[name=password]', 'right-password');
  await page.keyboard.press('Enter');
  await page.waitForSelector(agentRow);
  await page.click('text=Se déconnecter');
  await page.waitForSelector('input[name=login]');
});

t.test('A thousand agents are there, and only those in sight are drawn', async (t) => {
  const { page } = await open(t, { agents: 1000 });
  await page.waitForSelector(agentRow);
  t.match(await page.textContent('[aria-pressed=true]'), '1000');
  t.ok((await page.locator(agentRow).count()) < 60);
  await page.locator(agentRow).first().focus();
  await page.keyboard.press('End');
  const last = await waitFor(
    () => page.evaluate('Number(document.activeElement.getAttribute("aria-rowindex"))') as Promise<number>,
    (n) => n > 1000,
  );
  t.equal(last, 1005, 'the last of 1,000 agents and 4 teams, below the heading');
});

t.test('A change reaches its row; a missed number asks for a snapshot', async (t) => {
  const { page, fixture } = await open(t, { agents: 30 });
  await page.waitForSelector(agentRow);
  const id = (await page.locator(agentRow).first().getAttribute('data-agent-id'))!;
  const row = page.locator(`${agentRow}[data-agent-id="${id}"]`);
  fixture.change({ agents: [inState(fixture.agent(id), 'paused', 0, Date.now())] });
  await waitFor(
    () => row.textContent(),
    (text) => /En pause\s*Déjeuner/.test(text ?? ''),
  );
  fixture.skip(2);
  fixture.change({ agents: [inState(fixture.agent(id), 'on-call', 0, Date.now())] });
  await waitFor(
    () => row.textContent(),
    (text) => /En appel/.test(text ?? ''),
  );
  t.equal(fixture.resyncs(), 1);
  fixture.change({ gone: { agents: [id] } });
  await waitFor(
    () => row.count(),
    (n) => n === 0,
  );
});

t.test('Buttons are those the server offers, and no other', async (t) => {
  const { page, fixture } = await open(t, { agents: 30 });
  await page.waitForSelector('[data-action=barge]');
  const row = page.locator(agentRow, { has: page.locator('[data-action=barge]') }).first();
  const id = (await row.getAttribute('data-agent-id'))!;
  fixture.change({ agents: [{ ...fixture.agent(id), mayDo: ['listen'] }] });
  const buttons = page.locator(`[data-agent-id="${id}"] button`);
  await waitFor(
    () => buttons.count(),
    (n) => n === 1,
  );
  t.match(await buttons.first().getAttribute('aria-label'), /^Écouter/);
});

t.test('Listening by keyboard: choose, L, reason, Enter, switch, Escape', async (t) => {
  const { page, fixture } = await open(t, { agents: 30, language: 'en', theme: 'dark' });
  await page.waitForSelector('[data-action=listen]');
  await page.keyboard.press('/');
  t.equal(await page.evaluate('document.activeElement.id'), 'board-search');
  const busy = fixture.floor().agents.find(({ mayDo }) => mayDo.length > 0)!;
  await page.keyboard.type(busy.name);
  await waitFor(
    () => page.locator(agentRow).count(),
    (n) => n === 1,
  );
  await page.locator(agentRow).first().focus();
  await page.keyboard.press('l');
  await page.waitForSelector('[role=dialog] input[data-autofocus]');
  await page.keyboard.press('Enter');
  await page.waitForSelector('text=Give a reason');
  await page.keyboard.type('Training of the new one');
  await page.keyboard.press('Enter');
  const bar = page.locator('section[aria-label="Supervision in progress"]');
  await waitFor(
    () => bar.textContent(),
    (text) => /Your phone is ringing/.test(text ?? ''),
  );
  const sent = fixture.requests.find(({ method }) => method === 'POST')!;
  t.match(sent.body, {
    agentId: busy.id,
    mode: 'listen',
    scope: 'call',
    device: 'phone',
    reason: 'Training of the new one',
  });
  const [row] = fixture.floor().supervisions;
  fixture.change({ supervisions: [{ ...row!, state: 'live' }] });
  await waitFor(
    () => bar.textContent(),
    (text) => /You are listening to.*0:0\d/.test(text ?? ''),
  );
  await assertAccessible(t, page, 'supervision bar');
  await page.locator(agentRow).first().focus();
  await page.keyboard.press('w');
  await waitFor(
    () => bar.textContent(),
    (text) => /You are whispering to/.test(text ?? ''),
  );
  fixture.change({ supervisions: [{ ...fixture.floor().supervisions[0]!, onHold: true }] });
  await waitFor(
    () => bar.textContent(),
    (text) => /On hold: he cannot hear you/.test(text ?? ''),
  );
  await page.locator(agentRow).first().focus();
  await page.keyboard.press('Escape');
  await waitFor(
    () => bar.count(),
    (n) => n === 0,
  );
  t.equal(fixture.requests.at(-1)?.method, 'DELETE');
  await page.locator(agentRow).first().focus();
  await page.keyboard.press('b');
  await waitFor(
    () => page.inputValue('[role=dialog] input[data-autofocus]'),
    (text) => text === 'Training of the new one',
  );
});

t.test('What fails is said in the reader’s words: at the click, and afterwards', async (t) => {
  const { page, fixture } = await open(t, { agents: 30 });
  fixture.failures.set('POST /api/supervisions', 'call-already-ended');
  await listenToFirst(page);
  await page.waitForSelector('text=L’appel est terminé.');
  await assertAccessible(t, page, 'a notification');
  t.equal(
    await page.locator('section[aria-label="Supervision en cours"]').count(),
    0,
    'nothing pretends to run',
  );
  fixture.failures.clear();
  await listenToFirst(page);
  const [row] = await waitFor(
    () => fixture.floor().supervisions,
    (rows) => rows.length === 1,
  );
  fixture.endSupervision(row!.id, 'phone-refused');
  await page.waitForSelector('text=Votre téléphone a refusé l’appel');
  fixture.holdReplies(true);
  await listenToFirst(page);
  const [late] = await waitFor(
    () => fixture.floor().supervisions,
    (rows) => rows.length === 1,
  );
  fixture.endSupervision(late!.id, 'phone-unreachable');
  await page.waitForSelector('text=Votre téléphone est injoignable');
  const replied = page.waitForResponse((response) => response.request().method() === 'POST');
  fixture.holdReplies(false);
  await replied;
  t.equal(
    await page.locator('section[aria-label="Supervision en cours"]').count(),
    0,
    'a reply that comes after the end brings nothing back',
  );
});

async function listenToFirst(page: Page): Promise<void> {
  await page.click('[data-action=listen] >> nth=0');
  await page.fill('[role=dialog] input[data-autofocus]', 'Contrôle qualité');
  await page.keyboard.press('Enter');
  await page.waitForSelector('[role=dialog]', { state: 'detached' });
}

t.test('A lost connection is said, and mended without a click', async (t) => {
  const { page, fixture } = await open(t, { agents: 30 });
  await page.waitForSelector(agentRow);
  fixture.live.disconnectSockets(true);
  await page.waitForSelector('text=Connexion perdue');
  await page.waitForSelector('text=Connexion perdue', { state: 'detached' });
  await page.waitForSelector('text=En direct');
  fixture.signOutEverybody();
  await page.waitForSelector('text=Votre session a pris fin');
});

t.test('What the PBX does not tell is said, not guessed', async (t) => {
  const since = new Date().toISOString();
  const pbx = { name: 'main', since, detail: null, commandsAnswered: true, queueMembershipMaxAgeMs: 10_000 };
  const { page, fixture } = await open(t, {
    agents: 3,
    device: null,
    pbxs: [{ ...pbx, state: 'connected', ami: 'not-configured' }],
  });
  await page.waitForSelector('text=Sans AMI sur « main »');
  await page.waitForSelector('text=Vous n’avez pas de téléphone');
  const states = {
    refused: 'refuse nos identifiants',
    disconnected: 'ne répond pas',
    replaced: 'Un autre serveur',
    'too-old': 'trop ancien',
  } as const;
  for (const [state, text] of Object.entries(states) as [keyof typeof states, string][]) {
    fixture.change({ pbxs: [{ ...pbx, state, ami: 'disconnected' }] });
    await page.waitForSelector(`text=${text}`);
  }
  fixture.change({ pbxs: [{ ...pbx, state: 'connected', ami: 'connected', commandsAnswered: false }] });
  await page.waitForSelector('text=ne répond à aucune commande');
});

t.test('Hostile names are shown as text and keep their place', async (t) => {
  const { page, complaints } = await open(t, { agents: 60, hostile: true });
  await page.waitForSelector(agentRow);
  const heights = await page
    .locator(agentRow)
    .evaluateAll((rows) => rows.map((row) => (row as unknown as { offsetHeight: number }).offsetHeight));
  t.same([...new Set(heights)], [40]);
  await assertFits(t, page, 'the live panel');
  t.equal(await page.title(), 'Vigie', 'no markup in a name runs');
  t.equal(await page.locator('[role=grid] img, [role=grid] script').count(), 0);
  await page.waitForSelector(`text=${hostileNames[0]}`);
  await assertAccessible(t, page, 'hostile names');
  t.same(complaints, []);
});

for (const [theme, language] of [
  ['light', 'fr'],
  ['dark', 'en'],
] as const) {
  t.test(`Persistent listening waits, pauses, counts down and asks, by keyboard, ${theme}`, async (t) => {
    const { page, fixture, complaints } = await open(t, { agents: 12, language, theme });
    await page.waitForSelector(agentRow);
    const agent = fixture.floor().agents.find(({ state }) => state === 'available')!;
    fixture.change({ agents: [{ ...agent, mayDo: ['listen-persistent'] }] });
    await page.keyboard.press('/');
    await page.keyboard.type(agent.name);
    await waitFor(
      () => page.locator(agentRow).count(),
      (n) => n === 1,
    );
    await page.locator(agentRow).first().focus();
    await page.keyboard.press('p');
    await page.waitForSelector('[role=dialog] input[data-autofocus]');
    await page.keyboard.type('Formation');
    await assertAccessible(t, page, 'prompt of persistent listening');
    await page.keyboard.press('Enter');
    const bar = page.locator('section[data-mode]');
    const says = (text: RegExp) =>
      waitFor(
        () => bar.textContent(),
        (now) => text.test(now ?? ''),
      );
    await says(/Votre téléphone sonne|Your phone is ringing/);
    const sent = fixture.requests.find(({ method }) => method === 'POST')!;
    t.match(sent.body, { agentId: agent.id, scope: 'agent', mode: 'listen', reason: 'Formation' });
    const now = () => fixture.floor().supervisions[0]!;
    fixture.change({ supervisions: [{ ...now(), state: 'waiting' }] });
    await says(/En attente de son prochain appel|Waiting for the next call/);
    const lastPatch = () => fixture.requests.findLast(({ method }) => method === 'PATCH')?.body;
    await bar.getByRole('button', { name: /Suspendre|Pause/ }).press('Enter');
    await says(/Écoute suspendue|Listening is paused/);
    t.same(lastPatch(), { paused: true });
    await bar.getByRole('button', { name: /Reprendre|Resume/ }).press('Enter');
    await waitFor(
      () => now().paused,
      (paused) => !paused,
    );
    const endsAt = new Date(Date.now() + 45_000).toISOString();
    fixture.change({
      supervisions: [{ ...now(), state: 'waiting', unheard: 'private-call', endsAt, question: 'limit-near' }],
    });
    await says(/marqué cet appel comme privé|private/);
    await says(/encore 0:4\d|0:4\d left/);
    await assertAccessible(t, page, 'bar of persistent listening');
    await assertFits(t, page, 'bar of persistent listening');
    await bar.getByRole('button', { name: /^Continuer|^Go on/ }).press('Enter');
    await waitFor(
      () => now().question,
      (question) => question === null,
    );
    t.same(lastPatch(), { goOn: true });
    t.same(complaints, []);
  });
}
