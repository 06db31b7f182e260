import { useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { clock } from './clock.ts';
import { formatTimer } from './duration.ts';

/** A running timer; it renders again only when its text changes. */
export function Since({ at, className }: { at: string; className?: string | undefined }) {
  const { t } = useTranslation();
  const day = t('units.dayLetter');
  const atMs = Date.parse(at);
  const text = useSyncExternalStore(clock.subscribe, () => formatTimer(clock.nowMs() - atMs, day));
  return (
    <time dateTime={at} className={className}>
      {text}
    </time>
  );
}
