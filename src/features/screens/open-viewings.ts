import { type ScreenEnd, watchersMax } from '../../contract/screens.ts';
import type { Clock } from '../../ports/clock.ts';
import type { SharedEntries } from '../../ports/cluster.ts';
import type { Connections } from '../../ports/live.ts';
import type { IceServersFor } from '../../ports/phones.ts';
import type { EndedWriter } from './ended-writer.ts';
import type { SharedScreens } from './shared-screens.ts';
import { type Viewing, viewingView } from './viewing.ts';

export interface OpenViewingsDeps {
  screens: SharedScreens;
  connections: Connections;
  iceServers: IceServersFor;
  ended: EndedWriter;
  viewingsAt: SharedEntries<string>;
  clock: Clock;
}

/** The viewings that are not ended; what changes is told to both pages at once. */
export interface OpenViewings {
  all(): readonly Viewing[];
  byId(id: string): Viewing | undefined;
  ofAgent(agentId: string): Viewing[];
  ofViewer(personId: string): Viewing[];
  isFull(agentId: string): boolean;
  add(viewing: Viewing): void;
  /** Its audit entry is written: pictures may flow. */
  open(viewing: Viewing): void;
  /** Ending twice is fine. Settles when the end is written, or is to be tried again. */
  end(viewing: Viewing, because: ScreenEnd): Promise<void>;
  /** Tells the agent's page what it is to do now. */
  order(agentId: string): void;
  /** Tells those who watch whether there is something to see. */
  tellHidden(agentId: string): void;
}

export function createOpenViewings(deps: OpenViewingsDeps): OpenViewings {
  const { screens, connections, clock } = deps;
  const viewings = new Map<string, Viewing>();
  const all = () => [...viewings.values()];
  const ofAgent = (agentId: string) => all().filter(({ plan }) => plan.agent.id === agentId);

  function order(agentId: string): void {
    const share = screens.share(agentId);
    if (!share) return;
    const open = ofAgent(agentId).filter(({ state }) => state === 'open');
    connections.toConnection(share.connectionId, 'screen-orders', {
      sharing: true,
      hidden: share.hidden,
      viewings: open.map(({ plan }) => ({ id: plan.id, iceServers: iceServersOf(agentId) })),
    });
  }
  const iceServersOf = (agentId: string) => deps.iceServers(agentId, clock.now()).iceServers;

  function tell(viewing: Viewing): void {
    if (viewing.viewerConnectionId === null) return;
    const { plan, endedBecause } = viewing;
    const hidden = screens.share(plan.agent.id)?.hidden ?? true;
    connections.toConnection(viewing.viewerConnectionId, 'screen-viewing', {
      viewingId: plan.id,
      hidden,
      endedBecause,
    });
  }

  function watchersChanged(agentId: string): void {
    const open = ofAgent(agentId).filter(({ state }) => state === 'open');
    screens.setWatchers(
      agentId,
      open.map(({ plan }) => plan.viewer),
    );
    order(agentId);
  }

  return {
    all,
    byId: (id) => viewings.get(id),
    ofAgent,
    ofViewer: (personId) => all().filter(({ plan }) => plan.viewer.id === personId),
    isFull: (agentId) => ofAgent(agentId).length >= watchersMax,
    add(viewing) {
      viewings.set(viewing.plan.id, viewing);
      deps.viewingsAt.set(viewing.plan.id, viewing.plan.agent.id);
    },
    open(viewing) {
      viewing.state = 'open';
      watchersChanged(viewing.plan.agent.id);
    },
    async end(viewing, because) {
      if (viewing.state === 'ended') return;
      const wasOpen = viewing.state === 'open';
      Object.assign(viewing, { state: 'ended', endedBecause: because, endedAtMs: clock.now() });
      for (const timer of viewing.endTimers) clearTimeout(timer);
      viewings.delete(viewing.plan.id);
      deps.viewingsAt.delete(viewing.plan.id);
      tell(viewing);
      // One that was never open is written by whoever was opening it.
      if (!wasOpen) return;
      watchersChanged(viewing.plan.agent.id);
      await deps.ended.write(viewingView(viewing), because === 'stopped');
    },
    order,
    tellHidden(agentId) {
      for (const viewing of ofAgent(agentId)) if (viewing.state === 'open') tell(viewing);
    },
  };
}
