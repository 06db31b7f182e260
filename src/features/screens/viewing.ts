import type { NamedRef } from '../../contract/common.ts';
import type { ScreenEnd, ScreenViewing } from '../../contract/screens.ts';
import { createSignalBudget, type SignalBudget } from './signals.ts';

/** What is fixed when somebody asks to watch. */
export interface ViewingPlan {
  id: string;
  viewer: NamedRef;
  agent: NamedRef;
  scope: ScreenViewing['scope'];
  /** With scope `call`: the call it ends with. */
  callId: string | null;
  reason: string;
  startedAtMs: number;
  /** Null without a longest duration. */
  endsAtMs: number | null;
}

/** One viewing while the server runs. Nothing is relayed before it is `open`, which its audit entry comes before. */
export interface Viewing {
  readonly plan: ViewingPlan;
  /** The agent's page that shares. */
  readonly sharerConnectionId: string;
  readonly budgets: { viewer: SignalBudget; sharer: SignalBudget };
  state: 'starting' | 'open' | 'ended';
  /** The page that watches: the first of the viewer's pages that makes an offer. */
  viewerConnectionId: string | null;
  endedAtMs: number | null;
  endedBecause: ScreenEnd | null;
  endTimers: NodeJS.Timeout[];
}

export const newViewing = (plan: ViewingPlan, sharerConnectionId: string): Viewing => ({
  plan,
  sharerConnectionId,
  budgets: { viewer: createSignalBudget(), sharer: createSignalBudget() },
  state: 'starting',
  viewerConnectionId: null,
  endedAtMs: null,
  endedBecause: null,
  endTimers: [],
});

/** As clients see it. */
export function viewingView({ plan, endedAtMs, endedBecause }: Viewing): ScreenViewing {
  const { id, agent, viewer, scope, callId, reason, startedAtMs, endsAtMs } = plan;
  return {
    id,
    agent,
    by: viewer,
    scope,
    callId,
    reason,
    startedAt: new Date(startedAtMs).toISOString(),
    endsAt: iso(endsAtMs),
    endedAt: iso(endedAtMs),
    endedBecause,
  };
}

const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());
