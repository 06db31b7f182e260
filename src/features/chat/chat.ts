import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Database } from '../../database/database.ts';
import type { Clock } from '../../ports/clock.ts';
import type { AuditLog, PanelPresence, PeopleDirectory } from '../../ports/domain.ts';
import type { Connections, LiveSessions, LiveShift } from '../../ports/live.ts';
import type { Log } from '../../ports/log.ts';
import { type Broadcast, createBroadcast } from './broadcast.ts';
import { chatRoutes } from './chat.routes.ts';
import { type ChatService, createChatService } from './chat.service.ts';
import { createChatNews } from './chat-news.ts';
import { deleteOld } from './messages.repository.ts';
import { createReadyMade } from './ready-made.ts';
import { createDeliver, createSendMessage } from './send.ts';
import { passTypingOn } from './typing.ts';

export interface ChatDeps {
  db: Database;
  people: Pick<PeopleDirectory, 'byId' | 'all'>;
  shift: Pick<LiveShift, 'agent' | 'agents'>;
  sessions: Pick<LiveSessions, 'viewer'>;
  presence: Pick<PanelPresence, 'isPresent'>;
  connections: Connections;
  audit: AuditLog;
  clock: Clock;
  log: Log;
}

export interface Chat {
  service: ChatService;
  broadcast: Broadcast;
  readyMade: ReturnType<typeof createReadyMade>;
  routes: FastifyPluginAsyncTypebox;
  /** What another server said on `chatChannel`. */
  onNotice(said: string | null): void;
  /** Deletes what was sent before. Returns how many messages went. */
  purge(beforeMs: number): Promise<number>;
  stop(): void;
}

/** A batch is short, so that no message waits for it; what a run leaves over the next one takes. */
const purgeBatchRows = 1_000;
const purgeBatchesMax = 2_000;

/** Supervisors and agents write to one another; the customer sees nothing of it. */
export function createChat(deps: ChatDeps): Chat {
  const { db } = deps;
  const news = createChatNews(deps);
  const deliver = createDeliver({ ...deps, news });
  const sendMessage = createSendMessage({ ...deps, news, deliver });
  const service = createChatService({ ...deps, news, sendMessage });
  const broadcast = createBroadcast({ ...deps, deliver });
  const readyMade = createReadyMade(deps);
  const stopTyping = passTypingOn({ ...deps, news });
  return {
    service,
    broadcast,
    readyMade,
    routes: chatRoutes({ service, broadcast, readyMade }),
    onNotice: news.onNotice,
    async purge(beforeMs) {
      let deleted = 0;
      for (let i = 0; i < purgeBatchesMax; i++) {
        const count = await deleteOld(db, new Date(beforeMs), purgeBatchRows);
        deleted += count;
        if (count < purgeBatchRows) break;
      }
      return deleted;
    },
    stop() {
      stopTyping();
      news.stop();
    },
  };
}
