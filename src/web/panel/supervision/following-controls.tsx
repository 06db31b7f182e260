import { Button } from '@mantine/core';
import { IconPlayerPauseFilled, IconPlayerPlayFilled } from '@tabler/icons-react';
import { useState, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import type { ErrorCode } from '../../../contract/errors.ts';
import type { Supervision } from '../../../contract/supervisions.ts';
import { clock } from '../../shared/time/clock.ts';
import { formatTimer } from '../../shared/time/duration.ts';
import classes from './listening-bar.module.css';
import { changeFollowing } from './verbs.ts';

/** What listening that follows an agent has beside its mode: what is not heard, time left, the question, the pause. */
export function FollowingControls({ row }: { row: Supervision }) {
  const { t, i18n } = useTranslation();
  const [isAsking, setAsking] = useState(false);
  const ask = async (change: Parameters<typeof changeFollowing>[1]) => {
    setAsking(true);
    await changeFollowing(row, change);
    setAsking(false);
  };
  const why =
    row.unheard !== null && i18n.exists(`errors.${row.unheard}`) && t(`errors.${row.unheard as ErrorCode}`);
  const Icon = row.paused ? IconPlayerPlayFilled : IconPlayerPauseFilled;
  return (
    <>
      {(row.unheard !== null || row.question !== null) && (
        <div className={classes['notices']}>
          {row.unheard !== null && (
            <span className={classes['hold']} role="status">
              {t('bar.unheard')}
              {why && `${t('common.colon')}${why}`}
            </span>
          )}
          {row.question && (
            <span className={classes['hold']} role="alert">
              {t(`bar.question.${row.question}`)}
              <Button
                size="compact-sm"
                color="dark"
                loading={isAsking}
                onClick={() => void ask({ goOn: true })}
                data-go-on
              >
                {t('bar.goOn')}
              </Button>
            </span>
          )}
        </div>
      )}
      {row.endsAt && <TimeLeft at={row.endsAt} />}
      <Button
        variant="default"
        className={classes['stop']}
        leftSection={<Icon size={14} aria-hidden="true" />}
        loading={isAsking && row.question === null}
        onClick={() => void ask({ paused: !row.paused })}
      >
        {t(row.paused ? 'bar.resume' : 'bar.pause')}
      </Button>
    </>
  );
}

/** Counts down; renders again only when its text changes. */
function TimeLeft({ at }: { at: string }) {
  const { t } = useTranslation();
  const day = t('units.dayLetter');
  const atMs = Date.parse(at);
  const time = useSyncExternalStore(clock.subscribe, () =>
    formatTimer(Math.max(0, atMs - clock.nowMs()), day),
  );
  return (
    <time className={classes['left']} dateTime={at} title={t('bar.leftHint')}>
      {t('bar.left', { time })}
    </time>
  );
}
