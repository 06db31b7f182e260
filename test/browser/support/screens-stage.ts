/** The real server of pages around a floor set by hand: agents and supervisors sign in by a cookie that names them. */
import type { AddressInfo } from 'node:net';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Browser, Page } from 'playwright-core';
import type { Test } from 'tap';
import { createHttpServer } from '../../../src/adapters/http/server.ts';
import { createMetrics } from '../../../src/adapters/metrics/metrics.ts';
import { createPanelPresence } from '../../../src/adapters/sockets/panel-presence.ts';
import { createSockets } from '../../../src/adapters/sockets/sockets.ts';
import type { Session } from '../../../src/contract/session.ts';
import { createAgentPages } from '../../../src/features/agent-page/agent-pages.ts';
import { createLiveBoard } from '../../../src/features/live-board/live-board.ts';
import { screensRoutes } from '../../../src/features/screens/screens.routes.ts';
import { webFolder } from '../../../src/paths.ts';
import { noTies } from '../../../src/ports/absent.ts';
import { systemClock as clock } from '../../../src/ports/clock.ts';
import type { PeopleDirectory } from '../../../src/ports/domain.ts';
import { requireViewer } from '../../../src/ports/http-viewer.ts';
import { makeViewer, type Viewer } from '../../../src/ports/viewer.ts';
import { firstThresholds, handMadeCalls, handMadeSupervisions, quietLog } from '../../support/live.ts';
import { type ScreensScene, screensScene, teamId } from '../../support/screens-scene.ts';
import { openPage, type PageOptions } from './browser.ts';
import { screenProbe } from './screen-reader.ts';

const never = () => () => {};
const cookieName = 'who';

export async function startScreensStage(t: Test) {
  const scene = await screensScene(t);
  const people = new Map<string, Viewer>();
  const of = (cookie: string | undefined): Viewer | null =>
    people.get(new RegExp(`${cookieName}=([0-9a-f-]+)`).exec(cookie ?? '')?.[1] ?? '') ?? null;
  const app = await createHttpServer({
    config: { publicUrl: null, trustProxy: false },
    version: '0',
    log: quietLog,
    sessions: { viewerOfCookie: async (cookie) => of(cookie) },
    routes: [sessionRoute, screensRoutes(scene)],
    staticFolder: webFolder(),
    metrics: createMetrics(),
    readiness: async () => ({ ready: true, checks: {} }),
  });
  const { feed, agentPages } = feedsOf(scene);
  const presence = createPanelPresence();
  const sockets = createSockets({
    server: app.server,
    publicUrl: null,
    feed,
    agentPages,
    sessions: {
      async open(cookie) {
        const viewer = of(cookie);
        return viewer && { viewer, sessionKey: viewer.personId, expiresAtMs: Date.now() + 3_600_000 };
      },
      onRevoked: never,
      viewer: (id) => people.get(id) ?? null,
      onViewersChanged: never,
    },
    presence,
    connections: scene.connections,
    log: quietLog,
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  t.teardown(async () => {
    await sockets.close();
    presence.stop();
    feed.stop();
    agentPages.stop();
    await app.close();
  });

  /** Opens a page as this person. */
  async function open(browser: Browser, viewer: Viewer, path: string, options: PageOptions = {}) {
    people.set(viewer.personId, viewer);
    const opened = await openPage(browser, `${url}/favicon.svg`, options);
    await opened.context.addCookies([{ name: cookieName, value: viewer.personId, url }]);
    await opened.context.addInitScript(screenProbe);
    await opened.page.goto(`${url}${path}`);
    t.teardown(() => opened.context.close());
    return opened;
  }

  return {
    ...scene,
    url,
    /** An agent whose page is open in a browser that shares whatever it is asked to. */
    async agentShares(browser: Browser, options: PageOptions = {}) {
      const agentId = scene.addAgent();
      const agent = makeViewer({ id: agentId, name: 'Alice Martin', roles: ['agent'], teamIds: [teamId] });
      const { page, complaints } = await open(browser, agent, '/agent', options);
      await page.getByRole('button', { name: /^(Partager mon écran|Share my screen)$/ }).click();
      await page.waitForSelector('[data-sharing]');
      return { agentId, page, complaints };
    },
    async supervisor(browser: Browser, options: PageOptions = {}) {
      // Nothing but screens: no phone is asked for.
      const viewer = { ...scene.addViewer(), permissions: new Set(['live.view', 'screens.watch'] as const) };
      const { page, complaints } = await open(browser, viewer, '/', options);
      await page.waitForSelector('[role=row][data-agent-id]');
      return { viewer, page, complaints };
    },
  };
}

/** What a supervisor does to see an agent's screen: the menu of the row, a reason, Enter. */
export async function watchByClicks(page: Page, agentId: string): Promise<void> {
  await page.click(`[data-agent-id="${agentId}"] [data-menu]`);
  await page.getByRole('menuitem', { name: /^(Voir l’écran|See the screen)/ }).click();
  await page.getByLabel(/^(Motif|Reason)/).fill('coaching');
  await page.keyboard.press('Enter');
}

function feedsOf({ shift, policy }: ScreensScene) {
  const directory: PeopleDirectory = {
    byId(id) {
      const view = shift.agent(id);
      if (!view) return undefined;
      const { name, devices, interfaces } = view.row;
      const teams = [{ id: teamId, name: 'Paris' }];
      const roles = ['agent' as const];
      return { id, login: null, name, publicName: null, roles, teams, pbx: 'main', devices, interfaces };
    },
    byDevice: () => undefined,
    byInterface: () => undefined,
    all: () => [],
    onChange: never,
  };
  const supervisions = handMadeSupervisions();
  const feed = createLiveBoard({
    thresholds: firstThresholds,
    shift,
    calls: handMadeCalls(),
    supervisions,
    directory,
    browserPhones: noTies.browserPhones,
    marks: noTies.marks,
    clock,
    log: quietLog,
    pbxs: [{ name: 'main', amiConfigured: true }],
    queueMembershipMaxAgeMs: 10_000,
  });
  const agentPages = createAgentPages({
    shift,
    supervisions,
    outside: noTies.outside,
    policy: { ...noTies.policy, ...policy },
    pauseReasons: { current: () => [], onChange: never },
    clock,
    log: quietLog,
  });
  return { feed, agentPages };
}

const sessionRoute: FastifyPluginAsyncTypebox = async (app) => {
  app.get('/api/session', { config: { access: 'signed-in' } }, async (request): Promise<Session> => {
    const { personId, name, roles, permissions } = requireViewer(request);
    return {
      person: { id: personId, login: 'x', name, roles: [...roles], teams: [], device: null },
      permissions: [...permissions],
      expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
    };
  });
};
