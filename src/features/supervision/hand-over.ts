import { AppError } from '../../contract/errors.ts';
import type { HandOver } from '../../contract/supervisions.ts';
import type { PeopleDirectory } from '../../ports/domain.ts';
import type { SendOn } from '../../ports/telephony.ts';
import type { Viewer } from '../../ports/viewer.ts';
import { isRealDevice } from './phone-leg.ts';

export interface TargetDeps {
  people: PeopleDirectory;
  /** Whether the PBX has this queue, as far as the viewer may see. */
  isQueue(pbx: string, queue: string, viewer: Viewer): boolean;
}

/**
 * Where a call goes that is handed over or moved: a colleague's first device, or a queue.
 * Throws `agent-not-found`, `outside-your-teams`, `agent-has-no-device`, `own-call`, `queue-not-found`.
 */
export function targetOf(
  deps: TargetDeps,
  viewer: Viewer,
  pbx: string,
  { agentId, queue }: HandOver,
): SendOn['to'] {
  if (queue !== undefined) {
    if (!deps.isQueue(pbx, queue, viewer)) throw new AppError('queue-not-found');
    return { queue };
  }
  const person = agentId === undefined ? undefined : deps.people.byId(agentId);
  if (!person || person.pbx !== pbx) throw new AppError('agent-not-found');
  if (person.id === viewer.personId) throw new AppError('own-call', 'That is you');
  const isSeen = viewer.everyTeam || person.teams.some(({ id }) => viewer.teamIds.includes(id));
  if (!isSeen) throw new AppError('outside-your-teams');
  const [device] = person.devices;
  if (device === undefined || !isRealDevice(device)) throw new AppError('agent-has-no-device');
  return { device };
}
