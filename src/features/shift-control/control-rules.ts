import type { ErrorCode } from '../../contract/errors.ts';
import { type MayDoFacts, refusalOf } from '../../contract/may-do.ts';
import type { AgentView } from '../../ports/live.ts';
import type { QueueMember } from '../../ports/telephony-facts.ts';
import type { Viewer } from '../../ports/viewer.ts';

export type ControlAction = 'pause' | 'unpause' | 'log-out' | 'edit-queues';
export type Member = QueueMember & { queue: string };

/** What a static member is paused for where he would be removed. The PBX keeps it, so that putting him back ends that pause alone. */
export const removedReason = 'Retiré de la file';

/** Why the viewer may not do this to the agent now; null when he may. An agent may pause himself, and end his pause. */
export function controlRefusal(
  action: ControlAction,
  viewer: Viewer,
  view: AgentView,
  wish: { reason: string | null } = { reason: null },
): ErrorCode | null {
  if (viewer.personId !== view.row.id) return refusalOf(action, factsOf(viewer, view));
  const isOwnPause = action === 'pause' || action === 'unpause';
  if (!isOwnPause || !viewer.permissions.has('agent-page')) return 'not-allowed';
  const { controlRefusal: refused, inQueue, paused } = view.facts;
  if (refused) return refused;
  if (!inQueue) return 'agent-not-in-queue';
  if (action === 'unpause') return paused ? null : 'agent-not-paused';
  // Another reason during a pause is no second pause.
  return paused && wish.reason === pauseReasonOf(view) ? 'agent-already-paused' : null;
}

/** What he is paused for, whatever he is doing meanwhile. */
export const pauseReasonOf = ({ row }: AgentView): string | null =>
  row.queues.find((queue) => queue.paused && queue.pauseReason)?.pauseReason ?? null;

/** The viewer's part has no phone: none is needed to control. */
export const factsOf = (viewer: Viewer, { row, teamIds, facts }: AgentView): MayDoFacts => ({
  viewer: { ...viewer, device: null, browserPhone: false },
  agent: { ...facts, id: row.id, teamIds, state: row.state },
});

/** How an agent is put into one more queue: as the member he is elsewhere, else by his own interface or device. */
export function newMember(
  members: readonly Member[],
  person: { interfaces: readonly string[]; devices: readonly string[] },
): { interface: string; stateInterface: string | null; name: string | null } | null {
  const like = members[0];
  if (like) return { interface: like.interface, stateInterface: like.stateInterface, name: like.name };
  const [device] = person.devices;
  const own = person.interfaces[0] ?? device;
  if (own === undefined) return null;
  return { interface: own, stateInterface: own === device ? null : (device ?? null), name: null };
}

/** Whether a member who is put (back) into a queue is to be free there: not while he is on a pause of his own. */
export const isToBeFreed = (member: Member, pausedEverywhere: boolean): boolean =>
  member.paused && (member.pauseReason === removedReason || !pausedEverywhere);
