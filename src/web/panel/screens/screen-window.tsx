import { ActionIcon, Button, Loader, SegmentedControl } from '@mantine/core';
import { IconArrowsDiagonal, IconArrowsMaximize, IconPlayerStopFilled } from '@tabler/icons-react';
import { useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { Since } from '../../shared/time/since.tsx';
import classes from './screen-window.module.css';
import { chooseMonitor, stopWatching, type ViewingNow, viewingStore } from './viewing-store.ts';

/** While a screen is watched: whose, how long, which monitor, in which size; and the way to stop. */
export function ScreenWindow() {
  const now = useSyncExternalStore(viewingStore.subscribe, viewingStore.get);
  // A page that goes takes its viewing with it.
  useEffect(() => () => void stopWatching(), []);
  return now && <Window key={now.agent.id} now={now} />;
}

function Window({ now }: { now: ViewingNow }) {
  const { t } = useTranslation();
  const box = useRef<HTMLElement>(null);
  const [large, setLarge] = useState(false);
  const [size, setSize] = useState<'fit' | 'actual'>('fit');
  const name = now.agent.name.slice(0, 100);
  return (
    <section
      ref={box}
      className={classes['window']}
      aria-label={t('screenWatch.label')}
      data-large={large || undefined}
      data-hidden={now.hidden || undefined}
    >
      <header className={classes['head']}>
        <h2 className={classes['name']}>
          <bdi>{t('screenWatch.of', { name })}</bdi>
        </h2>
        {now.viewing && <Since at={now.viewing.startedAt} className={classes['since']} />}
        <span className={classes['tools']}>
          <ActionIcon
            variant="subtle"
            color="gray.2"
            aria-label={t(large ? 'screenWatch.small' : 'screenWatch.large')}
            title={t(large ? 'screenWatch.small' : 'screenWatch.large')}
            onClick={() => setLarge(!large)}
          >
            <IconArrowsDiagonal size={17} />
          </ActionIcon>
          <ActionIcon
            variant="subtle"
            color="gray.2"
            aria-label={t('screenWatch.fullScreen')}
            title={t('screenWatch.fullScreen')}
            onClick={() => void box.current?.requestFullscreen().catch(() => {})}
          >
            <IconArrowsMaximize size={17} />
          </ActionIcon>
          <Button
            size="xs"
            color="red.9"
            leftSection={<IconPlayerStopFilled size={14} />}
            onClick={() => void stopWatching()}
          >
            {t('screenWatch.stop')}
          </Button>
        </span>
      </header>
      <Stage now={now} size={size} name={name} />
      <footer className={classes['foot']}>
        <SegmentedControl
          size="xs"
          aria-label={t('screenWatch.size')}
          value={size}
          onChange={(value) => setSize(value as 'fit' | 'actual')}
          data={[
            { value: 'fit', label: t('screenWatch.fit') },
            { value: 'actual', label: t('screenWatch.actual') },
          ]}
        />
        {now.monitors.count > 1 && (
          <SegmentedControl
            size="xs"
            aria-label={t('screenWatch.monitor')}
            value={String(now.monitors.index)}
            onChange={(value) => chooseMonitor(Number(value))}
            data={Array.from({ length: now.monitors.count }, (_, index) => ({
              value: String(index),
              label: `${t('screenWatch.monitor')} ${index + 1}`,
            }))}
          />
        )}
      </footer>
    </section>
  );
}

/** After this long without a picture it is said what may be missing. */
const slowMs = 5_000;

function Stage({ now, size, name }: { now: ViewingNow; size: 'fit' | 'actual'; name: string }) {
  const { t } = useTranslation();
  const video = useRef<HTMLVideoElement>(null);
  const [seen, setSeen] = useState<MediaStream | null>(null);
  const [slow, setSlow] = useState(false);
  const { stream, hidden } = now;
  // While hidden there is no element at all: the last picture of before the pause is not shown either.
  useEffect(() => {
    if (video.current) video.current.srcObject = stream;
    if (hidden) setSeen(null);
  }, [stream, hidden]);
  const waits = !hidden && (stream === null || seen !== stream);
  useEffect(() => {
    setSlow(false);
    if (!waits) return;
    const timer = setTimeout(() => setSlow(true), slowMs);
    return () => clearTimeout(timer);
  }, [waits]);
  return (
    <section
      className={classes['stage']}
      data-size={size}
      tabIndex={size === 'actual' ? 0 : undefined}
      aria-label={t('screenWatch.picture', { name })}
    >
      {!hidden && stream && (
        <video
          ref={video}
          className={classes['video']}
          aria-label={t('screenWatch.picture', { name })}
          autoPlay
          muted
          playsInline
          onLoadedData={() => setSeen(stream)}
        />
      )}
      {(hidden || waits) && (
        <p className={classes['note']} role="status">
          {!hidden && <Loader size={18} color="currentColor" aria-hidden="true" />}
          {t(hidden ? 'screenWatch.hidden' : slow ? 'screenWatch.slow' : 'screenWatch.connecting')}
        </p>
      )}
    </section>
  );
}
