import { request } from '../shared/http/request.ts';
import { notifyProblem } from '../shared/shell/notify.ts';

/** Asks; what went wrong is said to the agent. False when it failed. What changed comes by the socket. */
async function ask(method: 'PUT' | 'POST' | 'DELETE', path: string, json?: unknown): Promise<boolean> {
  try {
    await request(path, { method, ...(json !== undefined && { json }) });
    return true;
  } catch (error) {
    notifyProblem(error);
    return false;
  }
}

export const pauseMyself = (id: string, reason: string | null) =>
  ask('PUT', `/api/agents/${id}/pause`, { paused: true, reason });
export const endMyPause = (id: string) => ask('PUT', `/api/agents/${id}/pause`, { paused: false });
export const askForHelp = (id: string, text: string) => ask('POST', `/api/agents/${id}/help`, { text });
export const withdrawHelp = (id: string) => ask('DELETE', `/api/agents/${id}/help`);
export const markCall = (callId: string, kind: 'private' | 'objection', on: boolean) =>
  ask(on ? 'POST' : 'DELETE', `/api/calls/${callId}/${kind}`, on ? {} : undefined);
