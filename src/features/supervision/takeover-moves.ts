import { v7 } from 'uuid';
import type { Call } from '../../contract/calls.ts';
import { AppError } from '../../contract/errors.ts';
import type { HandOver } from '../../contract/supervisions.ts';
import type { AuditLog, LiveCalls } from '../../ports/domain.ts';
import type { TelephonyCommands } from '../../ports/telephony.ts';
import { assertMay, type Viewer } from '../../ports/viewer.ts';
import { type TargetDeps, targetOf } from './hand-over.ts';
import { handOverRingSeconds } from './takeover-customer.ts';

export interface MovesDeps extends TargetDeps {
  calls: LiveCalls;
  audit: AuditLog;
  commandsOf(pbx: string): TelephonyCommands | undefined;
  /** Throws when the viewer may not see the call, or there is none. */
  callOf(viewer: Viewer, callId: string): Promise<Call>;
}

export interface Moves {
  /** A call that waits in a queue goes to an agent or into another queue; not answered there, back into its queue. */
  move(viewer: Viewer, callId: string, to: HandOver): Promise<void>;
  /** True for a leg that is being moved. */
  onCustomer(id: string, uniqueId: string): boolean;
}

const arrivalTimeoutMs = 3_000;
/** Moves under way at once, of all supervisors. */
export const movesMax = 50;

export function createMoves(deps: MovesDeps): Moves {
  const underWay = new Map<string, { callId: string; arrived(uniqueId: string | null): void }>();

  async function take(commands: TelephonyCommands, call: Call, id: string): Promise<string> {
    const arrival = Promise.withResolvers<string | null>();
    underWay.set(id, { callId: call.id, arrived: arrival.resolve });
    const timer = setTimeout(() => arrival.resolve(null), arrivalTimeoutMs);
    try {
      const taken = await commands.take({ id, customerUniqueId: call.uniqueId, listenerUniqueId: null });
      if (!taken.ok) throw new AppError(taken.why === 'unreachable' ? 'pbx-unreachable' : 'pbx-refused');
      const uniqueId = await arrival.promise;
      if (uniqueId === null) throw new AppError('call-not-waiting');
      return uniqueId;
    } finally {
      clearTimeout(timer);
      underWay.delete(id);
    }
  }

  return {
    async move(viewer, callId, to) {
      assertMay(viewer, 'calls.move');
      const seen = await deps.callOf(viewer, callId);
      const target = targetOf(deps, viewer, seen.pbx, to);
      const commands = deps.commandsOf(seen.pbx);
      if (!commands) throw new AppError('pbx-unreachable');
      const { queue } = waiting(deps.calls.byId(callId));
      if ('queue' in target && target.queue === queue)
        throw new AppError('call-not-waiting', 'It waits there already');
      if ((await commands.canTake(seen.uniqueId)) === false) throw new AppError('needs-dialplan');
      if (underWay.size >= movesMax) throw new AppError('overloaded');
      if ([...underWay.values()].some((one) => one.callId === callId)) throw new AppError('call-not-waiting');
      await deps.audit.write({
        actorId: viewer.personId,
        action: 'call.moved',
        subjectId: to.agentId ?? null,
        callId,
        details: { from: queue, ...(to.queue === undefined ? {} : { queue: to.queue }) },
      });
      // Somebody may have answered meanwhile.
      const call = waiting(deps.calls.byId(callId));
      const id = v7();
      const legId = await take(commands, call.call, id);
      const order = { id, legId, ringSeconds: handOverRingSeconds, otherwise: { queue } };
      const sent = await commands.sendOn({ ...order, to: target });
      if (sent.ok || sent.why === 'gone') return;
      // Whatever was wrong with the target, he goes on waiting where he was.
      const back = await commands.sendOn({ ...order, to: { queue } });
      if (!back.ok) await commands.hangUp(legId);
      throw new AppError('pbx-refused', sent.detail);
    },
    onCustomer(id, uniqueId) {
      const move = underWay.get(id);
      move?.arrived(uniqueId);
      return move !== undefined;
    },
  };
}

/** The call while it waits in a queue, and which. Throws `call-already-ended`, `call-not-waiting`. */
function waiting(call: Call | undefined): { call: Call; queue: string } {
  if (!call || call.endedAt !== null) throw new AppError('call-already-ended');
  const visit = call.queueVisits.findLast(({ to }) => to === null);
  const isTalking = call.segments.some(({ to }) => to === null);
  if (!visit || isTalking) throw new AppError('call-not-waiting');
  return { call, queue: visit.queue };
}
