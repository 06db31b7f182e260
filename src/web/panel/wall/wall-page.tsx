import { ActionIcon } from '@mantine/core';
import { IconArrowLeft, IconMaximize } from '@tabler/icons-react';
import { useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { Agent, AgentState } from '../../../contract/agents.ts';
import type { LiveQueue } from '../../../contract/live.ts';
import { queueKey } from '../../../contract/queues.ts';
import { stateIcons, statesInOrder } from '../../shared/state/state-look.tsx';
import { clock } from '../../shared/time/clock.ts';
import { dateFormat } from '../../shared/time/locale.ts';
import { Since } from '../../shared/time/since.tsx';
import { useAlerts, watchAlerts } from '../alerts/alerts-store.ts';
import { board, useLink, useRows } from '../live/live.ts';
import { useManyPbxs } from '../live/many-pbxs.ts';
import { useWatching } from './use-watching.ts';
import classes from './wall-page.module.css';

/** For a screen on the wall: read from five metres, nothing to click but the way out. No caller's name or number. */
export default function WallPage() {
  const { t } = useTranslation();
  const link = useLink();
  const queues = useRows(board.queues);
  useWatching(watchAlerts);
  const inOrder = [...queues].sort((a, b) => b.waiting - a.waiting || a.name.localeCompare(b.name));
  return (
    <main className={classes['wall']} data-stale={link.state !== 'live' || undefined}>
      <header className={classes['head']}>
        <h1>{t('wall.title')}</h1>
        {link.state !== 'live' && (
          <p role="status" className={classes['stale']}>
            {t('link.reconnecting')}
          </p>
        )}
        <Clock />
        <ActionIcon
          variant="subtle"
          size="lg"
          aria-label={t('wall.fullScreen')}
          onClick={() => void document.documentElement.requestFullscreen().catch(() => {})}
        >
          <IconMaximize size={22} aria-hidden="true" />
        </ActionIcon>
        <ActionIcon component={Link} to="/" variant="subtle" size="lg" aria-label={t('wall.back')}>
          <IconArrowLeft size={22} aria-hidden="true" />
        </ActionIcon>
      </header>
      <Totals queues={queues} />
      <ul
        className={classes['queues']}
        aria-label={t('live.queues')}
        data-size={queues.length > 8 ? 'many' : queues.length > 3 ? 'some' : 'few'}
      >
        {inOrder.map((queue) => (
          <QueueTile key={queueKey(queue.pbx, queue.id)} queue={queue} />
        ))}
      </ul>
      <AlertLine />
    </main>
  );
}

function Clock() {
  const { i18n } = useTranslation();
  const format = dateFormat(i18n.language, { hour: '2-digit', minute: '2-digit' });
  const text = useSyncExternalStore(clock.subscribe, () => format.format(clock.nowMs()));
  return <time className={classes['clock']}>{text}</time>;
}

function Totals({ queues }: { queues: readonly LiveQueue[] }) {
  const { t } = useTranslation();
  const agents = useRows(board.agents);
  const counts = countStates(agents);
  const sum = (read: (queue: LiveQueue) => number) => queues.reduce((total, queue) => total + read(queue), 0);
  const waitingNow = sum(({ waiting }) => waiting);
  return (
    <dl className={classes['totals']}>
      <div data-strong={waitingNow > 0 || undefined}>
        <dt>{t('wall.waiting')}</dt>
        <dd>{waitingNow}</dd>
      </div>
      <div>
        <dt>{t('wall.answered')}</dt>
        <dd>{sum(({ answeredToday }) => answeredToday)}</dd>
      </div>
      <div>
        <dt>{t('wall.abandoned')}</dt>
        <dd>{sum(({ abandonedToday }) => abandonedToday)}</dd>
      </div>
      {statesInOrder.map((state) => {
        const Icon = stateIcons[state];
        return (
          <div key={state} data-state={state}>
            <dt>
              <Icon size="1.1em" aria-hidden="true" /> {t(`state.${state}`)}
            </dt>
            <dd>{counts.get(state) ?? 0}</dd>
          </div>
        );
      })}
    </dl>
  );
}

function countStates(agents: readonly Agent[]): Map<AgentState, number> {
  const counts = new Map<AgentState, number>();
  for (const { state } of agents) counts.set(state, (counts.get(state) ?? 0) + 1);
  return counts;
}

function QueueTile({ queue }: { queue: LiveQueue }) {
  const { t, i18n } = useTranslation();
  const alerts = useAlerts();
  const isOneOfMany = useManyPbxs().length > 0;
  const isLate = alerts.some(
    ({ kind, subjectId }) => kind.startsWith('queue-') && subjectId === queueKey(queue.pbx, queue.id),
  );
  const share = queue.serviceLevelToday;
  return (
    <li className={classes['queue']} data-level={isLate ? 'bad' : undefined}>
      <bdi className={classes['name']}>
        {queue.name.slice(0, 80)}
        {isOneOfMany && ` · ${queue.pbx}`}
      </bdi>
      <span className={classes['big']}>
        {queue.waiting} <small>{t('queue.waiting')}</small>
      </span>
      <span className={classes['line']}>
        {queue.longestWaitSince ? (
          <>
            {t('queue.longest')} <Since at={queue.longestWaitSince} className={classes['since']} />
          </>
        ) : (
          t('queue.free', { free: queue.agentsFree, total: queue.agentsTotal, count: queue.agentsFree })
        )}
        <span className={classes['share']}>
          {share === null
            ? '—'
            : new Intl.NumberFormat(i18n.language, { style: 'percent', maximumFractionDigits: 0 }).format(
                share,
              )}
        </span>
      </span>
    </li>
  );
}

const alertsShown = 4;
function AlertLine() {
  const { t } = useTranslation();
  const alerts = useAlerts();
  if (alerts.length === 0) return null;
  return (
    <ul className={classes['alerts']} aria-live="polite" aria-label={t('alerts.title')}>
      {alerts.slice(0, alertsShown).map((alert) => (
        <li key={alert.key} data-kind={alert.kind}>
          <bdi>{alert.name.slice(0, 60)}</bdi>
          <span>{t(`alerts.kind.${alert.kind}`, { count: alert.count ?? 0 })}</span>
        </li>
      ))}
      {alerts.length > alertsShown && <li data-more>+{alerts.length - alertsShown}</li>}
    </ul>
  );
}
