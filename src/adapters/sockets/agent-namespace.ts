import type { Namespace, Socket } from 'socket.io';
import type { AgentPageFeed } from '../../ports/live.ts';
import { guardPages, type PageGateDeps } from './page-gate.ts';
import { createSnapshots } from './resync.ts';

/** Serves `/agent`: each agent what he is told of himself, and its changes. Returns the way to stop. */
export function serveAgentPage(
  nsp: Namespace,
  { agentPages, ...gate }: PageGateDeps & { agentPages: AgentPageFeed },
): () => void {
  const persons = new Map<Socket, string>();
  const snapshots = createSnapshots((socket) => agentPages.snapshot(persons.get(socket) ?? ''));

  const stopGuarding = guardPages(
    nsp,
    {
      page: 'agent',
      needs: 'agent-page',
      entered(socket, { viewer: { personId } }) {
        agentPages.join(personId);
        persons.set(socket, personId);
        void socket.join(personId);
        snapshots.send(socket);
        snapshots.answer(socket);
      },
      // What he is told of himself depends on no right of his.
      reviewed() {},
      left(socket, { viewer: { personId } }) {
        snapshots.stop(socket);
        persons.delete(socket);
        agentPages.leave(personId);
      },
    },
    gate,
  );
  const stopTelling = agentPages.onChange((personId, change) => nsp.to(personId).emit('change', change));
  return () => {
    stopGuarding();
    stopTelling();
  };
}
