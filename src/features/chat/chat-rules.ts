import type { ChatPair } from '../../contract/chat.ts';
import { AppError, type ErrorCode } from '../../contract/errors.ts';
import { refusalByRights, refusalOf } from '../../contract/may-do.ts';
import type { AgentView } from '../../ports/live.ts';
import type { Viewer } from '../../ports/viewer.ts';

export type Side = 'agent' | 'supervisor';

/** On which side of the pair the viewer is. Throws `not-allowed` when on neither. */
export function sideOf(viewer: Viewer, { agentId, supervisorId }: ChatPair): Side {
  if (agentId === supervisorId) throw new AppError('own-call', 'Nobody writes to himself');
  if (viewer.personId === supervisorId) return 'supervisor';
  if (viewer.personId === agentId) return 'agent';
  throw new AppError('not-allowed', 'One writes in one’s own name only');
}

/** Why this viewer may not write to this agent now, null when he may. */
export function writeRefusal(viewer: Viewer, view: AgentView | undefined): ErrorCode | null {
  if (!view) return viewer.permissions.has('chat.write') ? 'agent-not-found' : 'not-allowed';
  const { row, teamIds, facts } = view;
  // Writing needs no phone.
  return refusalOf('chat', {
    viewer: { ...viewer, device: null, browserPhone: false },
    agent: { id: row.id, teamIds, state: row.state, ...facts },
  });
}

/** Why an agent may not write first to this person, null when that is one of his supervisors. */
export function answerRefusal(supervisor: Viewer | null, teamIds: readonly string[]): ErrorCode | null {
  return supervisor ? refusalByRights('chat.write', { viewer: supervisor, agent: { teamIds } }) : 'not-found';
}

/** The call he talks in, else the first that is up; null without one. */
export function callNow(view: AgentView | undefined): string | null {
  const up = view?.row.calls.filter(({ state }) => state !== 'ringing') ?? [];
  return (up.find(({ state }) => state === 'talking') ?? up[0])?.id ?? null;
}
