import {
  IconEar,
  IconLogout,
  IconMessage2Share,
  IconMessageCircle,
  IconMicrophone,
  IconPhoneCall,
  IconPhoneIncoming,
  IconPlayerPause,
  IconPlayerPlay,
  IconRepeat,
  IconScreenShare,
  IconStack2,
  type TablerIcon,
} from '@tabler/icons-react';
import type { Agent, AgentAction } from '../../../contract/agents.ts';
import { openChat } from '../chat/open-chat.ts';
import { watchScreen } from '../screens/viewing-store.ts';
import { chooseMode, choosePersistent } from '../supervision/prompt-store.ts';
import { chooseTakeover } from '../supervision/takeover-store.ts';
import { askControl } from './control-store.ts';

export interface AgentVerb {
  action: AgentAction;
  icon: TablerIcon;
  /** The letter that does it to the agent of the focused row. Two verbs may share one when no agent is offered both. */
  letter: string;
  /** A button of the row itself; the others are in its menu. */
  quick?: true;
  /** A line above it in the menu. */
  startsGroup?: true;
  run(agent: Agent): void;
}

/** What can be done to an agent, in the order of the row's buttons and its menu: one line for each action that is built. */
export const agentVerbs: readonly AgentVerb[] = [
  { action: 'listen', icon: IconEar, letter: 'L', quick: true, run: (agent) => chooseMode(agent, 'listen') },
  {
    action: 'whisper',
    icon: IconMessage2Share,
    letter: 'W',
    quick: true,
    run: (agent) => chooseMode(agent, 'whisper'),
  },
  {
    action: 'barge',
    icon: IconMicrophone,
    letter: 'B',
    quick: true,
    run: (agent) => chooseMode(agent, 'barge'),
  },
  { action: 'listen-persistent', icon: IconRepeat, letter: 'P', run: choosePersistent },
  {
    action: 'intercept',
    icon: IconPhoneIncoming,
    letter: 'I',
    run: (agent) => chooseTakeover(agent, 'intercept'),
  },
  {
    action: 'intercept-agent-listening',
    icon: IconPhoneCall,
    letter: 'J',
    run: (agent) => chooseTakeover(agent, 'intercept-agent-listening'),
  },
  { action: 'watch-screen', icon: IconScreenShare, letter: 'S', run: watchScreen },
  { action: 'chat', icon: IconMessageCircle, letter: 'C', run: (agent) => openChat(agent.id) },
  {
    action: 'pause',
    icon: IconPlayerPause,
    letter: 'U',
    startsGroup: true,
    run: (agent) => askControl('pause', agent),
  },
  { action: 'unpause', icon: IconPlayerPlay, letter: 'U', run: (agent) => askControl('unpause', agent) },
  { action: 'edit-queues', icon: IconStack2, letter: 'Q', run: (agent) => askControl('queues', agent) },
  { action: 'log-out', icon: IconLogout, letter: 'O', run: (agent) => askControl('log-out', agent) },
];

export const isOffered = (agent: Agent, { action }: AgentVerb): boolean => agent.mayDo.includes(action);

/** The verb of a key pressed on an agent's row, when it is offered for him now. */
export function verbOfKey(agent: Agent, key: string): AgentVerb | undefined {
  const letter = key.toUpperCase();
  return agentVerbs.find((verb) => verb.letter === letter && isOffered(agent, verb));
}
