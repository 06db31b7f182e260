import type { AgentAction } from '../../../contract/agents.ts';
import type { AudioMode } from '../../../contract/supervisions.ts';

const modes: readonly AgentAction[] = ['listen', 'whisper', 'barge'] satisfies AudioMode[];
/** Those actions that switch into one another. */
export const isAudioMode = (action: AgentAction): action is AudioMode => modes.includes(action);
