import type { SoundProblem } from './phone-state.ts';

/** A way that is not found by then is hardly found at all; browsers themselves give up after half a minute. */
const waitMs = 4_000;

/**
 * Whether there is a way for the sound between this browser and the PBX. A call is answered all the same without one, and
 * would only be silent. Returns the way to stop.
 */
export function watchSoundPath(
  connection: RTCPeerConnection,
  { hasRelay, onChange }: { hasRelay: boolean; onChange: (problem: SoundProblem | null) => void },
): () => void {
  const problem: SoundProblem = hasRelay ? 'turn-fails' : 'no-turn';
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = (): void => {
    clearTimeout(timer);
    const { connectionState } = connection;
    if (connectionState === 'closed') return;
    if (connectionState === 'connected') onChange(null);
    else if (connectionState === 'failed') onChange(problem);
    else timer = setTimeout(() => onChange(problem), waitMs);
  };
  connection.addEventListener('connectionstatechange', look);
  look();
  return () => {
    clearTimeout(timer);
    connection.removeEventListener('connectionstatechange', look);
  };
}
