/** A floor set by hand around the real screens feature: agents' rows, rights and policy are what the test says. */
import type { Test } from 'tap';
import { v7 } from 'uuid';
import { createConnections, type OpenConnections } from '../../src/adapters/sockets/connections.ts';
import type { Role } from '../../src/contract/permissions.ts';
import { defaultPolicy, type Policy } from '../../src/contract/policy.ts';
import { createScreens } from '../../src/features/screens/create-screens.ts';
import { createSharedScreens } from '../../src/features/screens/shared-screens.ts';
import type { AgentView, LiveShift, PageConnection } from '../../src/ports/live.ts';
import { makeViewer, type Viewer } from '../../src/ports/viewer.ts';
import { makeAgent } from '../browser/support/floor.ts';
import { testDatabase } from './database.ts';
import { quietLog } from './live.ts';

export const teamId = v7();

function viewOf(agentId: string): AgentView {
  const { mayDo: _, ...row } = makeAgent(0, Date.now(), false);
  const facts = { legs: [], protectedBy: null, inQueue: true, paused: false, screen: 'off' as const };
  return {
    row: { ...row, id: agentId, calls: [], state: 'available' },
    teamIds: [teamId],
    facts: { ...facts, controlRefusal: null },
  };
}

export async function screensScene(t: Test, o: { claimDeadlineMs?: number } = {}) {
  const { db } = await testDatabase(t);
  const screens = createSharedScreens();
  const connections: OpenConnections = createConnections({ log: quietLog });
  const agents = new Map<string, AgentView>();
  const viewers = new Map<string, Viewer>();
  const dirty = new Set<() => void>();
  const policyChanged = new Set<() => void>();
  const viewersChanged = new Set<() => void>();
  const audited: { action: string; details?: Record<string, unknown> }[] = [];
  const faults = { audit: false };
  let policy: Policy = defaultPolicy;
  const listening = (set: Set<() => void>) => (listener: () => void) => {
    set.add(listener);
    return () => set.delete(listener);
  };
  const tell = (set: Set<() => void>): void => {
    for (const listener of set) listener();
  };

  let changed = new Set<string>();
  const touch = (id: string): void => {
    changed.add(id);
    tell(dirty);
  };
  screens.onChange(touch);
  const shift: LiveShift = {
    agents: () => [...agents.keys()].flatMap((id) => shift.agent(id) ?? []),
    agent(id) {
      const view = agents.get(id);
      const screen = screens.of(id);
      return (
        view && {
          ...view,
          row: { ...view.row, screen: { state: screen.state, watchedBy: [...screen.watchedBy] } },
          facts: { ...view.facts, screen: screen.state },
        }
      );
    },
    queues: () => [],
    queue: () => undefined,
    onDirty: listening(dirty),
    takeChanges() {
      const taken = { agents: changed, queues: new Set<string>() };
      changed = new Set();
      return taken;
    },
  };
  const policyNow = { current: () => policy, onChange: listening(policyChanged) };
  const sessions = {
    viewer: (id: string) => viewers.get(id) ?? null,
    onViewersChanged: listening(viewersChanged),
  };

  const feature = createScreens({
    db,
    screens,
    audit: {
      async write({ action, details }) {
        if (faults.audit) throw new Error('no audit');
        audited.push({ action, ...(details && { details }) });
      },
    },
    policy: policyNow,
    shift,
    sessions,
    connections,
    iceServers: () => ({ iceServers: [], expiresAtMs: null }),
    clock: { now: () => Date.now() },
    log: quietLog,
    ...o,
  });
  t.teardown(() => feature.stopAll());

  return {
    ...feature,
    db,
    screens,
    shift,
    policy: policyNow,
    sessions,
    connections,
    audited,
    faults,
    agents,
    addAgent(id = v7()): string {
      agents.set(id, viewOf(id));
      return id;
    },
    /** What the floor says of the agent from now on. */
    change(id: string, part: { row?: Partial<AgentView['row']>; facts?: Partial<AgentView['facts']> }): void {
      const view = agents.get(id)!;
      agents.set(id, {
        ...view,
        row: { ...view.row, ...part.row },
        facts: { ...view.facts, ...part.facts },
      });
      touch(id);
    },
    addViewer(roles: Role[] = ['supervisor'], part: Partial<Parameters<typeof makeViewer>[0]> = {}): Viewer {
      const viewer = makeViewer({ id: v7(), name: 'Sophie', roles, teamIds: [teamId], ...part });
      viewers.set(viewer.personId, viewer);
      return viewer;
    },
    takeRights(viewer: Viewer): void {
      viewers.set(viewer.personId, { ...viewer, permissions: new Set() });
      tell(viewersChanged);
    },
    setPolicy(part: Partial<Policy>): void {
      policy = { ...policy, ...part };
      tell(policyChanged);
    },
    /** A page without a browser: what it was told, and a way to say something. */
    page(viewer: Viewer, page: PageConnection['page']) {
      const told: { event: string; payload: unknown }[] = [];
      const connection: PageConnection = { id: v7(), viewer, page };
      connections.opened(connection, (event, payload) => told.push({ event, payload }));
      return {
        told,
        of: (event: string) => told.filter((one) => one.event === event).map(({ payload }) => payload),
        say: (event: string, payload: unknown) => connections.heard(connection, event, payload),
        close: () => connections.gone(connection),
      };
    },
  };
}
export type ScreensScene = Awaited<ReturnType<typeof screensScene>>;
