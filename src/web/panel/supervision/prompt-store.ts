import type { Agent } from '../../../contract/agents.ts';
import type { AudioMode, Scope } from '../../../contract/supervisions.ts';
import { sessionStore } from '../../shared/session/session-store.ts';
import { createStore } from '../../shared/store.ts';
import { findMine, pendingStore } from './mine.ts';
import { changeMode } from './verbs.ts';

export interface Prompt {
  agentId: string;
  mode: AudioMode;
  scope: Scope;
}
/** The question asked before a supervision starts: whom, how. Null when it is not open. */
export const promptStore = createStore<Prompt | null>(null);

/** A click or a letter on an agent: switches when I already supervise him, asks for the reason otherwise. */
export function chooseMode(agent: Agent, mode: AudioMode): void {
  const session = sessionStore.get();
  if (session.state !== 'signed-in' || pendingStore.get()) return;
  const mine = findMine(session.session.person.id);
  if (mine?.agentId === agent.id) void changeMode(mine, mode);
  else if (agent.mayDo.includes(mode)) promptStore.set({ agentId: agent.id, mode, scope: 'call' });
}

/** Listening that follows the agent from call to call: asks for the reason, unless I supervise him already. */
export function choosePersistent(agent: Agent): void {
  const session = sessionStore.get();
  if (session.state !== 'signed-in' || pendingStore.get()) return;
  if (findMine(session.session.person.id)?.agentId === agent.id) return;
  if (agent.mayDo.includes('listen-persistent')) {
    promptStore.set({ agentId: agent.id, mode: 'listen', scope: 'agent' });
  }
}
