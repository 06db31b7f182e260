import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import {
  BroadcastResult,
  ChatFoundPage,
  ChatMessage,
  ChatMessagesPage,
  ChatMessagesQuery,
  ChatOfCall,
  ChatRead,
  ChatSearchQuery,
  ChatSupervisors,
  ChatThread,
  ChatThreadsPage,
  ChatThreadsQuery,
  NewBroadcast,
  NewChatMessage,
  ReadyMade,
} from '../../contract/chat.ts';
import { Id } from '../../contract/common.ts';
import { requireViewer } from '../../ports/http-viewer.ts';
import type { Chat } from './chat.ts';

const tags = ['chat'];
const params = Type.Object({ id: Id });
/** Being one of the two is what counts: the verb tells. */
const config = { access: 'signed-in' } as const;
const writing = { access: 'chat.write' } as const;
/** Far above the longest message, far below a flood. */
const messageBodyBytesMax = 256_000;

/** `/api/chat`: threads, messages, ready-made ones, broadcasts; and those of a call. */
export function chatRoutes(
  chat: Pick<Chat, 'service' | 'broadcast' | 'readyMade'>,
): FastifyPluginAsyncTypebox {
  const { service, broadcast, readyMade } = chat;
  return async (app) => {
    app.get(
      '/api/chat/threads',
      { config, schema: { tags, querystring: ChatThreadsQuery, response: { 200: ChatThreadsPage } } },
      (request) => service.threads(requireViewer(request), request.query),
    );
    app.get(
      '/api/chat/threads/:id/messages',
      {
        config,
        schema: { tags, params, querystring: ChatMessagesQuery, response: { 200: ChatMessagesPage } },
      },
      (request) => service.messages(requireViewer(request), request.params.id, request.query),
    );
    app.put(
      '/api/chat/threads/:id/read',
      { config, schema: { tags, params, body: ChatRead, response: { 200: ChatThread } } },
      (request) => service.read(requireViewer(request), request.params.id, request.body.throughSeq),
    );
    app.post(
      '/api/chat/messages',
      {
        config,
        bodyLimit: messageBodyBytesMax,
        schema: {
          summary: 'Send; the same clientId again is the same message',
          tags,
          body: NewChatMessage,
          response: { 201: ChatMessage },
        },
      },
      async (request, reply) => {
        reply.code(201);
        return service.send(requireViewer(request), request.body);
      },
    );
    app.get(
      '/api/chat/messages',
      {
        config,
        schema: {
          summary: 'Messages that hold these words, of one’s own threads or of those one may read',
          tags,
          querystring: ChatSearchQuery,
          response: { 200: ChatFoundPage },
        },
      },
      (request) => service.search(requireViewer(request), request.query),
    );
    app.get(
      '/api/chat/supervisors',
      { config: { access: 'agent-page' }, schema: { tags, response: { 200: ChatSupervisors } } },
      async (request) => service.supervisors(requireViewer(request)),
    );
    app.post(
      '/api/chat/broadcasts',
      {
        config: writing,
        bodyLimit: messageBodyBytesMax,
        schema: {
          summary: 'One message to each agent of a team',
          tags,
          body: NewBroadcast,
          response: { 201: BroadcastResult },
        },
      },
      async (request, reply) => {
        reply.code(201);
        return broadcast(requireViewer(request), request.body);
      },
    );
    app.get(
      '/api/chat/ready-made',
      { config: writing, schema: { tags, response: { 200: ReadyMade } } },
      (request) => readyMade.get(requireViewer(request)),
    );
    app.put(
      '/api/chat/ready-made',
      {
        config: { access: 'chat.read-all' },
        schema: { tags, body: ReadyMade, response: { 200: ReadyMade } },
      },
      (request) => readyMade.set(requireViewer(request), request.body),
    );
    app.get(
      '/api/calls/:id/messages',
      {
        config,
        schema: {
          summary: 'What was written while the call went on',
          tags,
          params,
          response: { 200: ChatOfCall },
        },
      },
      (request) => service.ofCall(requireViewer(request), request.params.id),
    );
  };
}
