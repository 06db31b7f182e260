import type { Mode } from '../../contract/supervisions.ts';
import type { SnoopDirection } from '../../ports/telephony.ts';

/** Modes that switch into one another by swapping snoops. */
export const audioModes = ['listen', 'whisper', 'barge'] as const;
export type AudioMode = (typeof audioModes)[number];

export const isAudioMode = (mode: Mode): mode is AudioMode => (audioModes as readonly Mode[]).includes(mode);

/** Who hears whom. `spy` both: the supervisor hears agent and customer. `whisper` out: only the agent hears him. */
export function snoopDirections(mode: AudioMode): { spy: SnoopDirection; whisper: SnoopDirection } {
  switch (mode) {
    case 'listen':
      return { spy: 'both', whisper: 'none' };
    case 'whisper':
      return { spy: 'both', whisper: 'out' };
    case 'barge':
      return { spy: 'both', whisper: 'both' };
    default:
      return mode satisfies never;
  }
}
