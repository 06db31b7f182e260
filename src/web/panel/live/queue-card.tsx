import { IconAlertTriangle, IconCheck, IconPhoneX, IconUsers } from '@tabler/icons-react';
import { memo, type ReactNode, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import type { LiveQueue } from '../../../contract/live.ts';
import { clock } from '../../shared/time/clock.ts';
import { Since } from '../../shared/time/since.tsx';
import { changeView, useView } from './index-store.ts';
import { board, useRow } from './live.ts';
import { useManyPbxs } from './many-pbxs.ts';
import classes from './queue-strip.module.css';

/** One queue at a glance; a click shows its agents only. */
export const QueueCard = memo(function QueueCard({ rowKey }: { rowKey: string }) {
  const { t, i18n } = useTranslation();
  const queue = useRow(board.queues, rowKey);
  const chosen = useView().queue === rowKey;
  const late = useLate(queue);
  const isOneOfMany = useManyPbxs().length > 0;
  if (!queue) return null;
  const nobodyFree = queue.waiting > 0 && queue.agentsFree === 0;
  const level = late ? 'bad' : nobodyFree ? 'warn' : undefined;
  return (
    <li className={classes['item']}>
      <button
        type="button"
        className={classes['card']}
        data-level={level}
        aria-pressed={chosen}
        title={t('queue.only', { name: queue.name.slice(0, 200) })}
        onClick={() => changeView({ queue: chosen ? null : rowKey })}
      >
        <span className={classes['top']}>
          <bdi className={classes['name']}>{queue.name.slice(0, 200)}</bdi>
          {isOneOfMany && <small className={classes['pbx']}>{queue.pbx}</small>}
          <Service queue={queue} language={i18n.language} />
        </span>
        <span className={classes['waiting']}>
          <b data-some={queue.waiting > 0 || undefined}>{queue.waiting}</b> {t('queue.waiting')}
          {queue.longestWaitSince && (
            <>
              {' '}
              {t('queue.longest')} <Since at={queue.longestWaitSince} className={classes['timer']} />
            </>
          )}
          {level && (
            <span className={classes['alert']}>
              <IconAlertTriangle size={14} aria-hidden="true" />
              <span className={classes['why']}>{late ? t('queue.tooLong') : t('queue.nobodyFree')}</span>
            </span>
          )}
        </span>
        <span className={classes['figures']}>
          <Figure
            icon={<IconUsers size={14} aria-hidden="true" />}
            label={t('queue.freeLong', {
              free: queue.agentsFree,
              total: queue.agentsTotal,
              paused: queue.agentsPaused,
            })}
          >
            {t('queue.free', { free: queue.agentsFree, total: queue.agentsTotal, count: queue.agentsFree })}
          </Figure>
          <Figure
            icon={<IconCheck size={14} aria-hidden="true" />}
            label={`${t('queue.answered')}${t('common.colon')}${queue.answeredToday}`}
          >
            {queue.answeredToday}
          </Figure>
          <Figure
            icon={<IconPhoneX size={14} aria-hidden="true" />}
            label={`${t('queue.abandoned')}${t('common.colon')}${queue.abandonedToday}`}
          >
            {queue.abandonedToday}
          </Figure>
        </span>
      </button>
    </li>
  );
});

function Figure(props: { icon: ReactNode; label: string; children: ReactNode }) {
  return (
    <span title={props.label} className={classes['figure']}>
      {props.icon}
      {props.children}
    </span>
  );
}

function Service({ queue, language }: { queue: LiveQueue; language: string }) {
  const { t } = useTranslation();
  const share = queue.serviceLevelToday;
  const title =
    share === null
      ? t('queue.noService')
      : t('queue.serviceLevel', { seconds: Math.round(queue.serviceLevelTargetMs / 1000) });
  return (
    <span className={classes['service']} title={title}>
      {share === null
        ? '—'
        : new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 0 }).format(share)}
    </span>
  );
}

/** True from the second on in which the longest wait passes the queue's target. */
function useLate(queue: LiveQueue | undefined): boolean {
  const sinceMs = queue?.longestWaitSince ? Date.parse(queue.longestWaitSince) : null;
  return useSyncExternalStore(
    clock.subscribe,
    () => sinceMs !== null && clock.nowMs() - sinceMs > (queue?.serviceLevelTargetMs ?? 0),
  );
}
