import type { ServerNotes, SharedEntries } from '../../ports/cluster.ts';
import type { PageConnection } from '../../ports/live.ts';
import type { Viewer } from '../../ports/viewer.ts';
import type { OpenConnections } from './connections.ts';

interface FarPage {
  id: string;
  personId: string;
  page: PageConnection['page'];
}

/**
 * Pages of other servers beside this one's. What is meant for one connection goes to the server that has it; what a page
 * says of a viewing goes to the server that holds that viewing, and so does that the page has gone.
 */
export function withFarPages(
  local: OpenConnections,
  deps: {
    notes: ServerNotes;
    /** Which server holds a viewing. */
    viewingsAt: Pick<SharedEntries<unknown>, 'serverOf'>;
    /** The person's rights now; null when he may not sign in any more. */
    viewerOf(personId: string): Viewer | null;
  },
): OpenConnections {
  const { notes, viewingsAt } = deps;
  const here = new Set<string>();
  /** Servers that a page of this one has spoken to. */
  const spokenTo = new Map<string, Set<string>>();
  const farOf = ({ id, viewer, page }: PageConnection): FarPage => ({ id, personId: viewer.personId, page });

  function pageOf({ id, personId, page }: FarPage): PageConnection | null {
    const viewer = deps.viewerOf(personId);
    return viewer && { id, viewer, page };
  }

  notes.on('to-connection', (body) => {
    const { id, event, args } = body as { id: string; event: string; args: unknown[] };
    if (here.has(id)) local.send(id, event, args);
  });
  notes.on('page-said', (body) => {
    const { page, event, payload } = body as { page: FarPage; event: string; payload: unknown };
    const connection = pageOf(page);
    if (connection) local.heardFar(connection, event, payload);
  });
  notes.on('page-gone', (body) => {
    const { page } = body as { page: FarPage };
    // Who has lost his rights has gone all the same.
    local.goneFar({ id: page.id, page: page.page, viewer: { personId: page.personId } as Viewer });
  });

  return {
    ...local,
    toConnection(connectionId, event, ...args) {
      if (here.has(connectionId)) local.toConnection(connectionId, event, ...args);
      else notes.send('to-connection', { id: connectionId, event, args });
    },
    opened(connection, send) {
      here.add(connection.id);
      local.opened(connection, send);
    },
    heard(connection, event, payload) {
      const viewingId = (payload as { viewingId?: unknown } | null)?.viewingId;
      const server =
        event === 'screen-signal' && typeof viewingId === 'string'
          ? viewingsAt.serverOf(viewingId)
          : undefined;
      if (server === undefined) return local.heard(connection, event, payload);
      if (!local.mayBeHeard(connection)) return;
      spokenTo.set(connection.id, (spokenTo.get(connection.id) ?? new Set()).add(server));
      notes.send('page-said', { page: farOf(connection), event, payload }, server);
    },
    gone(connection) {
      here.delete(connection.id);
      local.gone(connection);
      for (const server of spokenTo.get(connection.id) ?? [])
        notes.send('page-gone', { page: farOf(connection) }, server);
      spokenTo.delete(connection.id);
    },
  };
}
