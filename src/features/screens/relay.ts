import { Compile } from 'typebox/compile';
import { ScreenShare } from '../../contract/screens.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Connections, LiveShift, PageConnection } from '../../ports/live.ts';
import type { OpenViewings } from './open-viewings.ts';
import { isHiddenNow } from './screen-rules.ts';
import type { SharedScreens } from './shared-screens.ts';
import { sharerMessageOf, viewerMessageOf } from './signals.ts';

export interface RelayDeps {
  screens: SharedScreens;
  viewings: OpenViewings;
  connections: Connections;
  shift: Pick<LiveShift, 'agent'>;
  clock: Clock;
}

const share = Compile(ScreenShare);

/** Hears the pages: who shares, and the signals between the two pages of a viewing. Returns the way to stop. */
export function relayPages({ screens, viewings, connections, shift, clock }: RelayDeps): () => void {
  function onShare(from: PageConnection, payload: unknown): void {
    if (from.page !== 'agent' || !share.Check(payload)) return;
    const agentId = from.viewer.personId;
    const before = screens.share(agentId);
    if (payload.monitors === 0) {
      if (before?.connectionId === from.id) stopSharing(agentId, 'agent-stopped-sharing');
      return;
    }
    const view = shift.agent(agentId);
    if (!view) {
      refuse(from.id);
      return;
    }
    // The page he shares on last is the one.
    if (before && before.connectionId !== from.id) stopSharing(agentId, 'agent-stopped-sharing');
    screens.put(agentId, { connectionId: from.id, monitors: payload.monitors, hidden: isHiddenNow(view) });
    viewings.order(agentId);
  }

  /** Whatever that page shares is not shared here. */
  function refuse(connectionId: string): void {
    connections.toConnection(connectionId, 'screen-orders', { sharing: false, hidden: true, viewings: [] });
  }

  function stopSharing(agentId: string, because: 'agent-stopped-sharing' | 'agent-left'): void {
    const { connectionId } = screens.share(agentId)!;
    screens.remove(agentId);
    for (const viewing of viewings.ofAgent(agentId)) void viewings.end(viewing, because);
    refuse(connectionId);
  }

  function onSignal(from: PageConnection, payload: unknown): void {
    if (from.page === 'agent') onSharerSignal(from, payload);
    else onViewerSignal(from, payload);
  }

  function onViewerSignal(from: PageConnection, payload: unknown): void {
    const message = viewerMessageOf(payload);
    const viewing = message && viewings.byId(message.viewingId);
    // It ended before its page was heard for the first time: that page has not been told.
    if (message?.signal.kind === 'offer' && !viewing) tellOver(from.id, message.viewingId);
    if (viewing?.state !== 'open' || viewing.plan.viewer.id !== from.viewer.personId) return;
    // The first of his pages that makes an offer is the one that watches, from then on the only one.
    if (viewing.viewerConnectionId === null && message!.signal.kind === 'offer')
      viewing.viewerConnectionId = from.id;
    if (viewing.viewerConnectionId !== from.id || !viewing.budgets.viewer.take(clock.now())) return;
    connections.toConnection(viewing.sharerConnectionId, 'screen-signal', message!);
  }

  function tellOver(connectionId: string, viewingId: string): void {
    connections.toConnection(connectionId, 'screen-viewing', {
      viewingId,
      hidden: true,
      endedBecause: 'lost',
    });
  }

  function onSharerSignal(from: PageConnection, payload: unknown): void {
    const message = sharerMessageOf(payload);
    const viewing = message && viewings.byId(message.viewingId);
    if (viewing?.state !== 'open' || viewing.sharerConnectionId !== from.id) return;
    if (viewing.viewerConnectionId === null || !viewing.budgets.sharer.take(clock.now())) return;
    connections.toConnection(viewing.viewerConnectionId, 'screen-signal', message!);
  }

  function onGone({ id }: PageConnection): void {
    const agentId = screens.agentOf(id);
    if (agentId !== undefined) stopSharing(agentId, 'agent-left');
    for (const viewing of viewings.all())
      if (viewing.viewerConnectionId === id) void viewings.end(viewing, 'viewer-left');
  }

  const stops = [
    connections.on('screen-share', onShare),
    connections.on('screen-signal', onSignal),
    connections.onGone(onGone),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}
