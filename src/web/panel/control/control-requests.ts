import i18next from 'i18next';
import type { Agent } from '../../../contract/agents.ts';
import type { ShiftControlResult } from '../../../contract/shift-control.ts';
import { request } from '../../shared/http/request.ts';
import { notifyFact, notifyProblem } from '../../shared/shell/notify.ts';

const below = (agent: Agent): string => `/api/agents/${agent.id}`;

/** The PBX’s own news change the row; only what was not done as asked is said here. False when it failed. */
async function ask(path: string, method: 'PUT' | 'POST' | 'DELETE', json?: unknown): Promise<boolean> {
  try {
    const result = await request<ShiftControlResult>(path, { method, ...(json !== undefined && { json }) });
    for (const { queue, why } of result?.exceptions ?? [])
      notifyFact(i18next.t(`control.exception.${why}`, { queue }));
    return true;
  } catch (error) {
    notifyProblem(error);
    return false;
  }
}

export const pause = (agent: Agent, reason: string | null): Promise<boolean> =>
  ask(`${below(agent)}/pause`, 'PUT', { paused: true, reason });
export const unpause = (agent: Agent): Promise<boolean> =>
  ask(`${below(agent)}/pause`, 'PUT', { paused: false, reason: null });
export const logOut = (agent: Agent): Promise<boolean> => ask(`${below(agent)}/log-out`, 'POST', {});
export const putInQueue = (agent: Agent, queue: string, penalty: number): Promise<boolean> =>
  ask(`${below(agent)}/queues/${encodeURIComponent(queue)}`, 'PUT', { penalty });
export const takeOutOfQueue = (agent: Agent, queue: string): Promise<boolean> =>
  ask(`${below(agent)}/queues/${encodeURIComponent(queue)}`, 'DELETE');
export const takeHelp = (agent: Agent): Promise<boolean> => ask(`${below(agent)}/help`, 'DELETE');
