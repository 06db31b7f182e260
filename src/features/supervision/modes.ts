import type { AudioMode } from '../../contract/supervisions.ts';
import type { SnoopDirection } from '../../ports/telephony.ts';

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
