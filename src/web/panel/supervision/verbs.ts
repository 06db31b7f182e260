import type { Agent } from '../../../contract/agents.ts';
import type { Mode, Scope, StartSupervision, Supervision } from '../../../contract/supervisions.ts';
import { request } from '../../shared/http/request.ts';
import { notifyProblem } from '../../shared/shell/notify.ts';
import { board } from '../live/live.ts';
import { askedModeStore, pendingStore, stoppingStore } from './mine.ts';
import { isGone } from './notice.ts';
import { usualDevice } from './usual-device.ts';

/** The reply may be older or newer than the socket's news: it only fills a row that is not there yet. */
function keep(row: Supervision): void {
  if (row.state !== 'ended' && !isGone(row.id) && !board.supervisions.get(row.id))
    board.supervisions.put([row]);
}

/** How, as the prompt was answered. */
export interface Wish {
  mode: Mode;
  scope: Scope;
  reason: string;
  /** Default: the usual one. */
  device?: Supervision['device'];
}

export async function startSupervision(
  agent: Agent,
  { mode, scope, reason, device = usualDevice() }: Wish,
): Promise<void> {
  const call = agent.calls.find(({ state }) => state === 'talking') ?? agent.calls[0];
  const json: StartSupervision = {
    agentId: agent.id,
    ...(scope === 'call' && call && { callId: call.id }),
    mode,
    scope,
    reason,
    device,
  };
  const pending = { agentId: agent.id, agentName: agent.name, mode, reason };
  pendingStore.set(pending);
  try {
    const headers = { 'idempotency-key': requestKey() };
    keep(await request<Supervision>('/api/supervisions', { method: 'POST', json, headers }));
  } catch (error) {
    notifyProblem(error);
  } finally {
    if (pendingStore.get() === pending) pendingStore.set(null);
  }
}

export async function changeMode(row: Supervision, mode: Mode): Promise<void> {
  if (row.mode === mode) return;
  const asked = { id: row.id, mode };
  askedModeStore.set(asked);
  try {
    const changed = await request<Supervision>(`/api/supervisions/${row.id}`, {
      method: 'PATCH',
      json: { mode },
    });
    const shown = board.supervisions.get(row.id);
    if (shown && shown.state !== 'ended') board.supervisions.put([{ ...shown, mode: changed.mode }]);
  } catch (error) {
    notifyProblem(error);
  } finally {
    if (askedModeStore.get() === asked) askedModeStore.set(null);
  }
}

/** Pauses, takes up again, or says "go on". What it changes comes with the socket's news, which the reply may be older than. */
export async function changeFollowing(
  row: Supervision,
  change: { paused: boolean } | { goOn: true },
): Promise<void> {
  try {
    await request(`/api/supervisions/${row.id}`, { method: 'PATCH', json: change });
  } catch (error) {
    notifyProblem(error);
  }
}

export async function stopSupervision(id: string): Promise<void> {
  if (stoppingStore.get() === id) return;
  stoppingStore.set(id);
  try {
    await request(`/api/supervisions/${id}`, { method: 'DELETE' });
    board.supervisions.remove([id]);
  } catch (error) {
    notifyProblem(error);
  } finally {
    stoppingStore.set(null);
  }
}

/** `crypto.randomUUID` exists on HTTPS pages only; a panel on plain HTTP inside a company is common. */
function requestKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
}
