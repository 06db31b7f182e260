import type { Agent } from '../../../contract/agents.ts';
import { createStore } from '../../shared/store.ts';
import { unpause } from './control-requests.ts';

export type ControlQuestion = 'pause' | 'queues' | 'log-out';
/** The question that is open about an agent's shift; null when none is. */
export const controlStore = createStore<{ question: ControlQuestion; agentId: string } | null>(null);
export const closeControl = (): void => controlStore.set(null);

/** Opens the question; ending a pause needs none. */
export function askControl(what: ControlQuestion | 'unpause', agent: Agent): void {
  if (what === 'unpause') void unpause(agent);
  else controlStore.set({ question: what, agentId: agent.id });
}
