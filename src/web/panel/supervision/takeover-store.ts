import type { Agent } from '../../../contract/agents.ts';
import type { TakeoverMode } from '../../../contract/supervisions.ts';
import { createStore } from '../../shared/store.ts';
import { pendingStore } from './mine.ts';

/** The question asked before a call is taken over, since there is no way back to listening. Null when it is not open. */
export const takeoverStore = createStore<{ agentId: string; mode: TakeoverMode } | null>(null);
export const closeTakeover = (): void => takeoverStore.set(null);

/** A click on an agent: asks first, whether or not I listen to him already. */
export function chooseTakeover(agent: Agent, mode: TakeoverMode): void {
  if (pendingStore.get() || !agent.mayDo.includes(mode)) return;
  takeoverStore.set({ agentId: agent.id, mode });
}
