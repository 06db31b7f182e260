import { AppError } from '../../contract/errors.ts';
import { queueKey } from '../../contract/queues.ts';
import type { ChangePause, JoinQueue, ShiftControlResult } from '../../contract/shift-control.ts';
import type { AuditLog, PeopleDirectory, Person } from '../../ports/domain.ts';
import type { AgentView, LiveShift, ShiftMembers } from '../../ports/live.ts';
import type { CommandOutcome, QueueCommands } from '../../ports/telephony.ts';
import { seesTeams, type Viewer } from '../../ports/viewer.ts';
import {
  type ControlAction,
  controlRefusal,
  isToBeFreed,
  type Member,
  newMember,
  pauseReasonOf,
  removedReason,
} from './control-rules.ts';

export interface ShiftControlDeps {
  shift: LiveShift & ShiftMembers;
  people: PeopleDirectory;
  /** Null where the PBX has no AMI. */
  queuesOf(pbx: string): QueueCommands | null;
  audit: AuditLog;
}
type Exceptions = ShiftControlResult['exceptions'];

/**
 * Pauses, queues and log-out, of others and of oneself. A reply says that the PBX took the command; that it is so, the
 * PBX's own facts tell. Throws what `refusalOf` says, `agent-not-found`, and `pbx-…` for what the PBX does not do.
 */
export function createShiftControl({ shift, people, queuesOf, audit }: ShiftControlDeps) {
  /** The agent, if the viewer sees him and may do this to him now. */
  function allowed(viewer: Viewer, id: string, action: ControlAction, reason: string | null = null) {
    const view = agentOf(viewer, id);
    const refused = controlRefusal(action, viewer, view, { reason });
    if (refused) throw new AppError(refused);
    const person = people.byId(id);
    const queues = person && queuesOf(person.pbx);
    if (!person || !queues) throw new AppError('needs-ami');
    return { view, person, queues, members: shift.membershipsOf(id) };
  }
  function agentOf(viewer: Viewer, id: string): AgentView {
    const view = shift.agent(id);
    const sees = view && (view.row.id === viewer.personId || seesTeams(viewer, view.teamIds));
    if (!sees) throw new AppError('agent-not-found');
    return view;
  }
  const note = (viewer: Viewer, action: string, subjectId: string, details: Record<string, unknown> = {}) =>
    audit.write({ actorId: viewer.personId, action, subjectId, callId: null, details });

  /** A queue of his PBX that the viewer sees. */
  function assertQueue(viewer: Viewer, { pbx }: Person, queue: string): void {
    const view = shift.queue(queueKey(pbx, queue));
    const sees = view && (view.teamIds.length === 0 || seesTeams(viewer, view.teamIds));
    if (!sees) throw new AppError('queue-not-found');
  }

  return {
    async pause(
      viewer: Viewer,
      id: string,
      { paused, reason = null }: ChangePause,
    ): Promise<ShiftControlResult> {
      const { queues, members } = allowed(viewer, id, paused ? 'pause' : 'unpause', reason);
      await note(viewer, paused ? 'agent.paused' : 'agent.unpaused', id);
      const interfaces = new Set(members.map((member) => member.interface));
      await all(
        [...interfaces].map((name) =>
          queues.pause({ queue: null, interface: name, paused, reason: paused ? reason : null }),
        ),
      );
      return { agentId: id, exceptions: [] };
    },

    /** Into a queue, or another penalty there. A member who was only paused there comes out of that pause. */
    async joinQueue(
      viewer: Viewer,
      id: string,
      queue: string,
      { penalty }: JoinQueue,
    ): Promise<ShiftControlResult> {
      const { view, person, queues, members } = allowed(viewer, id, 'edit-queues');
      assertQueue(viewer, person, queue);
      const inIt = members.filter((member) => member.queue === queue);
      const fresh = newMember(members, person);
      if (inIt.length === 0 && !fresh) throw new AppError('agent-has-no-device');
      await note(viewer, 'agent.queue-joined', id, { queue, penalty });
      if (inIt.length > 0) await putBack(queues, inIt, { penalty, paused: view.facts.paused });
      else if (fresh) {
        const { paused } = view.facts;
        await all([queues.add({ queue, ...fresh, penalty, paused })]);
        if (paused)
          await all([
            queues.pause({ queue, interface: fresh.interface, paused, reason: pauseReasonOf(view) }),
          ]);
      }
      return { agentId: id, exceptions: [] };
    },

    /** Out of a queue; a static member is paused there instead. */
    async leaveQueue(viewer: Viewer, id: string, queue: string): Promise<ShiftControlResult> {
      const { person, queues, members } = allowed(viewer, id, 'edit-queues');
      assertQueue(viewer, person, queue);
      const inIt = members.filter((member) => member.queue === queue);
      if (inIt.length === 0) throw new AppError('agent-not-in-queue');
      await note(viewer, 'agent.queue-left', id, { queue });
      return { agentId: id, exceptions: await leave(queues, inIt) };
    },

    /** Out of every queue, paused where he is a static member, and his AgentLogin ends after the call he is in. */
    async logOut(viewer: Viewer, id: string): Promise<ShiftControlResult> {
      const { queues, members } = allowed(viewer, id, 'log-out');
      await note(viewer, 'agent.logged-out', id);
      const logins = shift.agentLoginsOf(id).map((agent) => queues.logOffAgent(agent));
      const [exceptions] = await Promise.all([leave(queues, members), all(logins)]);
      return { agentId: id, exceptions };
    },
  };
}
export type ShiftControl = ReturnType<typeof createShiftControl>;

async function leave(queues: QueueCommands, members: readonly Member[]): Promise<Exceptions> {
  await all(
    members.map(({ queue, interface: name, static: isStatic }) =>
      isStatic
        ? queues.pause({ queue, interface: name, paused: true, reason: removedReason })
        : queues.remove({ queue, interface: name }),
    ),
  );
  const kept = members.filter((member) => member.static).map(({ queue }) => queue);
  return [...new Set(kept)].map((queue) => ({ queue, why: 'queue-member-static' as const }));
}

async function putBack(
  queues: QueueCommands,
  members: readonly Member[],
  { penalty, paused }: { penalty: number; paused: boolean },
): Promise<void> {
  const penalties = members
    .filter((member) => member.penalty !== penalty)
    .map(({ queue, interface: name }) => queues.setPenalty({ queue, interface: name, penalty }));
  const freed = members
    .filter((member) => isToBeFreed(member, paused))
    .map(({ queue, interface: name }) =>
      queues.pause({ queue, interface: name, paused: false, reason: null }),
    );
  await all([...penalties, ...freed]);
}

const codes = {
  gone: 'pbx-refused',
  refused: 'pbx-refused',
  timeout: 'pbx-timeout',
  unreachable: 'pbx-unreachable',
} as const;

/** Every command is tried; the first that failed is thrown. */
async function all(commands: readonly Promise<CommandOutcome>[]): Promise<void> {
  for (const outcome of await Promise.all(commands)) {
    if (!outcome.ok) throw new AppError(codes[outcome.why], outcome.detail);
  }
}
