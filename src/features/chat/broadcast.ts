import { v5 } from 'uuid';
import { type BroadcastResult, broadcastAgentsMax, type NewBroadcast } from '../../contract/chat.ts';
import { AppError, type ErrorCode } from '../../contract/errors.ts';
import { assertMay, type Viewer } from '../../ports/viewer.ts';
import type { ChatDeps } from './chat.ts';
import { writeRefusal } from './chat-rules.ts';
import { messageText } from './message-text.ts';
import { createPace } from './pace.ts';
import type { Deliver } from './send.ts';

export const broadcastsPerPaceMax = 6;
const paceMs = 60_000;
/** So that one broadcast does not take every connection to the database. */
const atOnce = 4;

export type Broadcast = (viewer: Viewer, wish: NewBroadcast) => Promise<BroadcastResult>;

/** One message to each agent of a team. The same `clientId` again reaches those it has not reached yet. */
export function createBroadcast(deps: ChatDeps & { deliver: Deliver }): Broadcast {
  const pace = createPace({ clock: deps.clock, max: broadcastsPerPaceMax, withinMs: paceMs });

  return async (viewer, { teamId, clientId, text: given }) => {
    assertMay(viewer, 'chat.write');
    if (!viewer.everyTeam && !viewer.teamIds.includes(teamId)) throw new AppError('outside-your-teams');
    const text = messageText(given);
    pace.take(viewer.personId);
    const author = { id: viewer.personId, name: viewer.name };
    const leftOut: BroadcastResult['leftOut'] = [];
    const reached: { id: string; name: string }[] = [];
    for (const view of deps.shift.agents()) {
      const agent = { id: view.row.id, name: view.row.name };
      if (!view.teamIds.includes(teamId) || agent.id === viewer.personId) continue;
      const code = writeRefusal(viewer, view) ?? (reached.length < broadcastAgentsMax ? null : 'overloaded');
      if (code) leftOut.push({ agent, code });
      else reached.push(agent);
    }
    let sent = 0;
    const waiting = reached.values();
    const work = async (): Promise<void> => {
      for (const agent of waiting) {
        const own = { clientId: v5(agent.id, clientId), broadcastId: clientId };
        const code = await failureOf(deps.deliver({ agent, supervisor: author, author, text, ...own }));
        if (code) leftOut.push({ agent, code });
        else sent += 1;
      }
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    return { sent, leftOut };
  };
}

/** What kept one agent from getting it must not keep the others. */
async function failureOf(delivery: Promise<unknown>): Promise<ErrorCode | null> {
  try {
    await delivery;
    return null;
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
}
