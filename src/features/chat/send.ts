import type { ChatFound, NewChatMessage } from '../../contract/chat.ts';
import type { NamedRef } from '../../contract/common.ts';
import { AppError } from '../../contract/errors.ts';
import type { Database } from '../../database/database.ts';
import { assertMay, type Viewer } from '../../ports/viewer.ts';
import type { ChatDeps } from './chat.ts';
import type { ChatNews } from './chat-news.ts';
import { answerRefusal, callNow, sideOf, writeRefusal } from './chat-rules.ts';
import { messageText } from './message-text.ts';
import { findByClientId, insertMessage } from './messages.repository.ts';
import { createPace } from './pace.ts';
import { threadExists } from './threads.repository.ts';

export const messagesPerPaceMax = 30;
const paceMs = 10_000;

export type SendMessage = (viewer: Viewer, wish: NewChatMessage) => Promise<ChatFound>;
interface Deliverable {
  agent: NamedRef;
  supervisor: NamedRef;
  author: NamedRef;
  clientId: string;
  text: string;
  broadcastId: string | null;
}
/** Keeps a message of somebody who may write it, and tells both. */
export type Deliver = (message: Deliverable) => Promise<ChatFound>;

export function createDeliver(deps: ChatDeps & { news: ChatNews }): Deliver {
  const { db, clock, shift, news } = deps;
  return async (wish) => {
    const { agent, supervisor, author, clientId, text } = wish;
    const callId = callNow(shift.agent(agent.id));
    const row = { ...wish, callId, atMs: clock.now() };
    const message = await insertMessage(db, row);
    if (message) {
      const found = { message, agent, supervisor };
      await news.message(found);
      return found;
    }
    const pair = { agentId: agent.id, supervisorId: supervisor.id };
    const kept = await sentBefore({ db, news }, author.id, { ...pair, clientId, text });
    if (!kept) throw new AppError('idempotency-key-reused');
    return kept;
  };
}

export function createSendMessage(deps: ChatDeps & { news: ChatNews; deliver: Deliver }): SendMessage {
  const pace = createPace({ clock: deps.clock, max: messagesPerPaceMax, withinMs: paceMs });
  return async (viewer, wish) => {
    const side = sideOf(viewer, wish);
    assertMay(viewer, side === 'agent' ? 'agent-page' : 'chat.write');
    const text = messageText(wish.text);
    try {
      const { agent, supervisor } = await (side === 'agent' ? toSupervisor : toAgent)(deps, viewer, wish);
      pace.take(viewer.personId);
      const author = { id: viewer.personId, name: viewer.name };
      return await deps.deliver({
        agent,
        supervisor,
        author,
        clientId: wish.clientId,
        text,
        broadcastId: null,
      });
    } catch (error) {
      // It was kept the first time, and only the answer was lost: what has changed since does not matter.
      const kept = await sentBefore(deps, viewer.personId, { ...wish, text });
      if (kept) return kept;
      throw error;
    }
  };
}

/** The same message of the same author, on the disk; null without one. */
async function sentBefore(
  { db, news }: { db: Database; news: ChatNews },
  authorId: string,
  { agentId, supervisorId, clientId, text }: NewChatMessage,
): Promise<ChatFound | null> {
  const kept = await findByClientId(db, authorId, clientId);
  const isSame =
    kept?.agent.id === agentId && kept.supervisor.id === supervisorId && kept.message.text === text;
  if (!isSame) return null;
  await news.messageAgain(kept);
  return kept;
}

async function toAgent({ shift }: ChatDeps, viewer: Viewer, { agentId }: NewChatMessage) {
  const view = shift.agent(agentId);
  const refusal = writeRefusal(viewer, view);
  if (refusal || !view) throw new AppError(refusal ?? 'agent-not-found');
  return {
    agent: { id: agentId, name: view.row.name },
    supervisor: { id: viewer.personId, name: viewer.name },
  };
}

/** To one of his supervisors, or to who has written to him. */
async function toSupervisor(deps: ChatDeps, viewer: Viewer, { agentId, supervisorId }: NewChatMessage) {
  const person = deps.people.byId(supervisorId);
  const rights = deps.sessions.viewer(supervisorId);
  if (!person || !rights) throw new AppError('not-found', 'There is no such person');
  const teamIds = deps.people.byId(agentId)?.teams.map(({ id }) => id) ?? [];
  const refusal = answerRefusal(rights, teamIds);
  // Who has lost the right itself is written to no more; who has changed teams still is, where there is a thread.
  const isOver = refusal === 'not-allowed';
  if (refusal && (isOver || !(await threadExists(deps.db, { agentId, supervisorId }))))
    throw new AppError(refusal);
  return {
    agent: { id: agentId, name: viewer.name },
    supervisor: { id: supervisorId, name: person.name },
  };
}
