import { Tabs } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
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

export function LivePage() {
  const { t } = useTranslation();
  const link = useLink();
  const hasAgents = useHasAgents();
  const wide = useMediaQuery('(min-width: 1560px)', undefined, { getInitialValueInEffect: false });
  const calls = useCallsNow();
  if (link.at === null) return <LoadingBoard />;
  const stale = link.state !== 'live';
  return (
    <div className={classes['page']} data-stale={stale || undefined}>
      <h1 className={classes['title']}>{t('live.title')}</h1>
      <Notices />
      <QueueStrip />
      {!hasAgents ? (
        <EmptyBoard />
      ) : wide ? (
        <div className={classes['split']}>
          <section className={classes['agents']} aria-label={t('live.agents')}>
            <Agents />
          </section>
          <section className={classes['aside']} aria-label={t('live.callsNow')}>
            <h2 className={classes['head']}>
              {t('live.callsNow')} <span>{calls.length}</span>
            </h2>
            <CallsNow calls={calls} />
          </section>
        </div>
      ) : (
        <Tabs
          defaultValue="agents"
          keepMounted={false}
          className={classes['tabs']}
          classNames={{ panel: classes['panel']! }}
        >
          <Tabs.List>
            <Tabs.Tab value="agents">{t('live.agents')}</Tabs.Tab>
            <Tabs.Tab value="calls">
              {t('live.callsNow')} <span className={classes['count']}>{calls.length}</span>
            </Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="agents">
            <Agents />
          </Tabs.Panel>
          <Tabs.Panel value="calls">
            <CallsNow calls={calls} />
          </Tabs.Panel>
        </Tabs>
      )}
    </div>
  );
}

function Agents() {
  const nobody = useIndex(({ shown }) => shown === 0);
  const { q, state, team, queue } = useView();
  const filtered = q !== '' || state !== null || team !== null || queue !== null;
  return (
    <>
      <BoardToolbar />
      {nobody && filtered ? <NoMatch /> : <AgentGrid />}
    </>
  );
}

function useHasAgents(): boolean {
  return useSyncExternalStore(board.agents.subscribeAny, () => board.agents.size() > 0);
}
