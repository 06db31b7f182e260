import type { Cluster } from './cluster.ts';
import type { SharedEntries } from './ports/cluster.ts';
import type { LiveSupervisions } from './ports/domain.ts';
import type { RequestHomes } from './ports/http-viewer.ts';

/** Which server answers for what a request is about. What nobody knows is answered, or refused, here. */
export function createRequestHomes(deps: {
  cluster: Pick<Cluster, 'homeOf' | 'addressOf'>;
  /** Whether it is configured. */
  isPbx(name: string): boolean;
  /** Whether what was begun there is known here. */
  isReady(pbx: string): boolean;
  pbxOfAgent(id: string): string | undefined;
  pbxOfCall(id: string): string | undefined;
  supervisions: Pick<LiveSupervisions, 'all'>;
  isSharedHere(agentId: string): boolean;
  /** Shared screens of other servers, by agent; viewings of them, by id. */
  screensAt: Pick<SharedEntries<unknown>, 'serverOf'>;
  viewingsAt: Pick<SharedEntries<unknown>, 'serverOf'>;
}): RequestHomes {
  const { cluster } = deps;
  const ofPbx = (pbx: string | undefined): string =>
    pbx === undefined || !deps.isPbx(pbx) ? 'here' : cluster.homeOf(pbx, () => deps.isReady(pbx));
  const ofServer = (server: string | undefined): string =>
    server === undefined ? 'here' : (cluster.addressOf(server) ?? 'nobody');
  const agentOf = (supervisionId: string): string =>
    deps.supervisions.all().find(({ id }) => id === supervisionId)?.agentId ?? '';

  return {
    homeOf(about, id) {
      switch (about) {
        case 'agent':
          return ofPbx(deps.pbxOfAgent(id));
        case 'supervision':
          return ofPbx(deps.pbxOfAgent(agentOf(id)));
        case 'call':
          return ofPbx(deps.pbxOfCall(id));
        case 'screen':
          return deps.isSharedHere(id) ? 'here' : ofServer(deps.screensAt.serverOf(id));
        case 'viewing':
          return ofServer(deps.viewingsAt.serverOf(id));
        default:
          return about satisfies never;
      }
    },
  };
}
