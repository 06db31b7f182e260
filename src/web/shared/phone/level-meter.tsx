import { useEffect, useRef } from 'react';
import { watchLevel } from './levels.ts';
import classes from './phone.module.css';

/** How loud a stream is, as it happens; still while there is none. */
export function LevelMeter({ stream, label }: { stream: MediaStream | null; label: string }) {
  const meter = useRef<HTMLMeterElement>(null);
  useEffect(() => {
    if (!stream) return;
    return watchLevel(stream, (level) => {
      if (meter.current) meter.current.value = level;
    });
  }, [stream]);
  return <meter ref={meter} className={classes['meter']} min={0} max={1} aria-label={label} />;
}
