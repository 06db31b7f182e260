/**
 * Who may open which namespace, what he is told there and what he may say, written down a second time and apart from the
 * sockets themselves: a namespace or an event without a rule here fails the build, and so does a rule that is not kept.
 */
import type { AgentBrowserToServer, AgentServerToBrowser } from '../../src/contract/agent-page.ts';
import type { LiveBrowserToServer, LiveServerToBrowser } from '../../src/contract/live.ts';
import type { Permission } from '../../src/contract/permissions.ts';

/**
 * Who is told. `teams`: of each agent whoever has his team, or every team. `self`: each of himself. `pair`: the two of
 * a thread. `viewing`: the page that watches a screen and the page that shares it. `session`: whose session ends.
 */
export type Told = 'teams' | 'self' | 'pair' | 'viewing' | 'session';
/** Who is heard. `anybody` on the namespace; the others as above, `sharer`: an agent on his own page. */
export type Heard = 'anybody' | 'pair' | 'viewing' | 'sharer';

interface NamespaceRule<Out, In> {
  needs: Permission;
  told: Record<keyof Out, Told>;
  heard: Record<keyof In, Heard>;
}
const personal = {
  'chat-message': 'pair',
  'chat-read': 'pair',
  'chat-typing': 'pair',
  'chat-resync': 'self',
  'screen-orders': 'viewing',
  'screen-viewing': 'viewing',
  'screen-signal': 'viewing',
  'signed-out': 'session',
} as const;
const said = {
  resync: 'anybody',
  'chat-typing': 'pair',
  'screen-share': 'sharer',
  'screen-signal': 'viewing',
} as const;

const live: NamespaceRule<LiveServerToBrowser, LiveBrowserToServer> = {
  needs: 'live.view',
  told: { snapshot: 'teams', change: 'teams', ...personal },
  heard: said,
};
const agent: NamespaceRule<AgentServerToBrowser, AgentBrowserToServer> = {
  needs: 'agent-page',
  told: { snapshot: 'self', change: 'self', ...personal },
  heard: said,
};
export const socketRules: Record<
  string,
  { needs: Permission; told: Record<string, Told>; heard: Record<string, Heard> }
> = { '/live': live, '/agent': agent };
