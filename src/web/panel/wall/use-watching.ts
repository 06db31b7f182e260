import { useEffect } from 'react';

/** Runs `watch` while the component is shown; a display on a wall does not fall asleep meanwhile, where the browser lets us. */
export function useWatching(watch: () => () => void): void {
  useEffect(watch, [watch]);
  useEffect(() => {
    let lock: WakeLockSentinel | undefined;
    const ask = (): void => {
      if (document.visibilityState !== 'visible') return;
      navigator.wakeLock?.request('screen').then(
        (given) => {
          lock = given;
        },
        () => {},
      );
    };
    ask();
    document.addEventListener('visibilitychange', ask);
    return () => {
      document.removeEventListener('visibilitychange', ask);
      void lock?.release();
    };
  }, []);
}
