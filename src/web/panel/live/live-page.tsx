import { SegmentedControl } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { type ReactNode, useState, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { AgentMenu } from '../control/agent-menu.tsx';
import { HelpAlerts } from '../control/help-alerts.tsx';
import { AgentGrid } from './agent-grid.tsx';
import { BoardToolbar } from './board-toolbar.tsx';
import { CallsNow, useCallsNow } from './calls-now.tsx';
import { EmptyBoard } from './empty-board.tsx';
import { useIndex, useView } from './index-store.ts';
import { board, useLink } from './live.ts';
import classes from './live-page.module.css';
import { LoadingBoard } from './loading-board.tsx';
import { NoMatch } from './no-match.tsx';
import { Notices } from './notices.tsx';
import { QueueStrip } from './queue-strip.tsx';

const wideEnough = '(min-width: 1560px)';

export function LivePage() {
  const { t } = useTranslation();
  const link = useLink();
  const hasAgents = useSyncExternalStore(board.agents.subscribeAny, () => board.agents.size() > 0);
  const wide = useMediaQuery(wideEnough, undefined, { getInitialValueInEffect: false });
  if (link.at === null) return <LoadingBoard />;
  const floor = wide ? <SideBySide /> : <OneAtATime />;
  return (
    <div className={classes['page']} data-stale={link.state !== 'live' || undefined}>
      <h1 className={classes['title']}>{t('live.title')}</h1>
      <HelpAlerts />
      <Notices />
      <QueueStrip />
      <div className={classes['floor']}>{hasAgents ? floor : <EmptyBoard />}</div>
      <AgentMenu />
    </div>
  );
}

function SideBySide() {
  const { t } = useTranslation();
  const calls = useCallsNow();
  return (
    <div className={classes['split']}>
      <section className={classes['agents']} aria-label={t('live.agents')}>
        <Agents />
      </section>
      <div className={classes['aside']}>
        <h2 className={classes['head']}>
          {t('live.callsNow')} <span>{calls.length}</span>
        </h2>
        <CallsNow calls={calls} />
      </div>
    </div>
  );
}

function OneAtATime() {
  const { t } = useTranslation();
  const [shown, setShown] = useState<'agents' | 'calls'>('agents');
  const calls = useCallsNow();
  const choice = (
    <SegmentedControl
      size="xs"
      aria-label={t('live.show')}
      value={shown}
      onChange={setShown}
      data={[
        { value: 'agents', label: t('live.agents') },
        { value: 'calls', label: `${t('live.callsNow')} · ${calls.length}` },
      ]}
    />
  );
  if (shown === 'agents') return <Agents choice={choice} />;
  return (
    <>
      <div>{choice}</div>
      <div className={classes['aside']}>
        <CallsNow calls={calls} />
      </div>
    </>
  );
}

function Agents({ choice }: { choice?: ReactNode }) {
  const nobody = useIndex(({ shown }) => shown === 0);
  const { q, state, team, queue } = useView();
  const filtered = q !== '' || state !== null || team !== null || queue !== null;
  return (
    <>
      <BoardToolbar choice={choice} />
      {nobody && filtered ? <NoMatch /> : <AgentGrid />}
    </>
  );
}
