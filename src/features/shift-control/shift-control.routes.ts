import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import { PauseReasons } from '../../contract/agent-page.ts';
import { Id } from '../../contract/common.ts';
import { QueueId } from '../../contract/queues.ts';
import { AskHelp, ChangePause, JoinQueue, ShiftControlResult } from '../../contract/shift-control.ts';
import { requireViewer } from '../../ports/http-viewer.ts';
import type { HelpDesk } from './help-requests.ts';
import type { PauseReasonList } from './pause-reasons.ts';
import type { ShiftControl } from './shift-control.service.ts';

const ById = Type.Object({ id: Id });
const InQueue = Type.Object({ id: Id, queue: QueueId });
const tags = ['agent control'];
const done = { 200: ShiftControlResult };
const nothing = { 204: Type.Null() };
/** An agent himself, or who controls agents: the verb asks. */
const either = { access: 'signed-in' } as const;
const controlling = { access: 'agents.control', about: 'agent' } as const;

export function shiftControlRoutes(parts: {
  control: ShiftControl;
  help: HelpDesk;
  pauseReasons: PauseReasonList;
}): FastifyPluginAsyncTypebox {
  const { control, help, pauseReasons } = parts;
  return async (app) => {
    app.put(
      '/api/agents/:id/pause',
      {
        config: { ...either, about: 'agent' },
        schema: {
          summary: 'Pause an agent in all his queues, or end his pause',
          tags,
          params: ById,
          body: ChangePause,
          response: done,
        },
      },
      async (request) => control.pause(requireViewer(request), request.params.id, request.body),
    );
    app.put(
      '/api/agents/:id/queues/:queue',
      {
        config: controlling,
        schema: {
          summary: 'Put an agent into a queue, or give him another penalty there',
          tags,
          params: InQueue,
          body: JoinQueue,
          response: done,
        },
      },
      async (request) => {
        const { id, queue } = request.params;
        return control.joinQueue(requireViewer(request), id, queue, request.body);
      },
    );
    app.delete(
      '/api/agents/:id/queues/:queue',
      {
        config: controlling,
        schema: {
          summary: 'Take an agent out of a queue; a static member is paused there',
          tags,
          params: InQueue,
          response: done,
        },
      },
      async (request) => {
        const { id, queue } = request.params;
        return control.leaveQueue(requireViewer(request), id, queue);
      },
    );
    app.post(
      '/api/agents/:id/log-out',
      {
        config: controlling,
        schema: { summary: 'Take an agent out of all his queues', tags, params: ById, response: done },
      },
      async (request) => control.logOut(requireViewer(request), request.params.id),
    );
    app.post(
      '/api/agents/:id/help',
      {
        config: { access: 'agent-page' },
        schema: {
          summary: 'Ask one’s supervisors for help',
          tags,
          params: ById,
          body: AskHelp,
          response: nothing,
        },
      },
      async (request, reply) => {
        await help.ask(requireViewer(request), request.params.id, request.body.text ?? '');
        return reply.code(204).send(null);
      },
    );
    app.delete(
      '/api/agents/:id/help',
      {
        config: either,
        schema: {
          summary: 'Take a request for help, or withdraw one’s own',
          tags,
          params: ById,
          response: nothing,
        },
      },
      async (request, reply) => {
        await help.end(requireViewer(request), request.params.id);
        return reply.code(204).send(null);
      },
    );
    app.get(
      '/api/pause-reasons',
      {
        config: either,
        schema: { summary: 'What agents may be paused for', tags, response: { 200: PauseReasons } },
      },
      async (request) => ({ items: [...pauseReasons.get(requireViewer(request))] }),
    );
    app.put(
      '/api/pause-reasons',
      {
        config: { access: 'queues.edit' },
        schema: { tags, body: PauseReasons, response: { 200: PauseReasons } },
      },
      async (request) => ({
        items: [...(await pauseReasons.set(requireViewer(request), request.body.items))],
      }),
    );
  };
}
