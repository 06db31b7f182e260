import { useEffect, useState } from 'react';

export interface AudioDevices {
  microphones: MediaDeviceInfo[];
  speakers: MediaDeviceInfo[];
}
const none: AudioDevices = { microphones: [], speakers: [] };

/** What is plugged in now. Names are known only once the page may use a microphone; `again` reads anew when it changes. */
export function useAudioDevices(again: unknown): AudioDevices {
  const [devices, setDevices] = useState(none);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `again` is what to read again for
  useEffect(() => {
    const media = navigator.mediaDevices;
    if (!media) return;
    let isGone = false;
    const read = () => {
      media.enumerateDevices().then(
        (all) => {
          const named = all.filter(({ deviceId, label }) => deviceId !== '' && label !== '');
          const of = (kind: MediaDeviceKind) => named.filter((one) => one.kind === kind);
          if (!isGone) setDevices({ microphones: of('audioinput'), speakers: of('audiooutput') });
        },
        () => {},
      );
    };
    read();
    media.addEventListener('devicechange', read);
    return () => {
      isGone = true;
      media.removeEventListener('devicechange', read);
    };
  }, [again]);
  return devices;
}
