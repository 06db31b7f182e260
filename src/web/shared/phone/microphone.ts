import { readChoice, writeChoice } from './phone-choices.ts';
import { type MicrophoneState, setPhone } from './phone-state.ts';

let open: Promise<MediaStreamTrack | null> | null = null;

const constraints = (): MediaStreamConstraints => {
  const chosen = readChoice('microphone');
  return {
    audio: {
      echoCancellation: true,
      noiseSuppression: true,
      autoGainControl: true,
      // Not `exact`: a headset left at home is no reason to be mute.
      ...(chosen ? { deviceId: { ideal: chosen } } : {}),
    },
  };
};

/** The microphone's track, asked for when it is needed; null when there is none to have, which the phone's state says. */
export function openMicrophone(): Promise<MediaStreamTrack | null> {
  open ??= ask().then((track) => {
    if (track) track.addEventListener('ended', closeMicrophone, { once: true });
    else open = null;
    return track;
  });
  return open;
}

export function closeMicrophone(): void {
  const was = open;
  open = null;
  void was?.then((track) => track?.stop());
}

/** Asks for the right once and keeps nothing open, so that the first word later waits for no question. */
export async function askForMicrophone(): Promise<void> {
  if (open) return;
  await openMicrophone();
  closeMicrophone();
}

/** Another microphone from now on. A call that speaks takes it over by opening it again. */
export function chooseMicrophone(deviceId: string | null): void {
  writeChoice('microphone', deviceId);
  closeMicrophone();
}

async function ask(): Promise<MediaStreamTrack | null> {
  if (!navigator.mediaDevices) {
    setPhone({ microphone: 'insecure' });
    return null;
  }
  try {
    const stream = await navigator.mediaDevices.getUserMedia(constraints());
    setPhone({ microphone: 'allowed' });
    return stream.getAudioTracks()[0] ?? null;
  } catch (error) {
    setPhone({ microphone: whyNot(error) });
    return null;
  }
}

function whyNot(error: unknown): MicrophoneState {
  const name = error instanceof DOMException ? error.name : '';
  return name === 'NotAllowedError' || name === 'SecurityError' ? 'denied' : 'missing';
}
