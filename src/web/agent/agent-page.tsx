import { Center, Loader } from '@mantine/core';
import { IconRefresh } from '@tabler/icons-react';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import type { Session } from '../../contract/session.ts';
import classes from './agent-page.module.css';
import { followOwnPage } from './agent-socket.ts';
import { Companions } from './companions.tsx';
import { Choices, Head } from './head.tsx';
import { HelpCard } from './help-card.tsx';
import { OwnCalls } from './own-calls.tsx';
import { useOwnLink, useOwnPage } from './own-page.ts';
import { OwnQueues } from './own-queues.tsx';
import { OwnState } from './own-state.tsx';
import { SupervisionMark } from './supervision-mark.tsx';

/** What an agent keeps at the side of his screen all day: his state, his call, help, and his supervisors. */
export function AgentPage({ session }: { session: Session }) {
  const { t } = useTranslation();
  const link = useOwnLink();
  const page = useOwnPage();
  useEffect(followOwnPage, []);
  return (
    <div className={classes['page']}>
      <Head session={session} />
      {link === 'reconnecting' && (
        <p className={classes['link']} role="status">
          <IconRefresh size={16} aria-hidden="true" className={classes['turn']} /> {t('link.reconnecting')}
        </p>
      )}
      <main className={classes['main']}>
        <h1 className={classes['title']}>{t('agentPage.title')}</h1>
        {page ? <Cards page={page} personId={session.person.id} /> : <Loading />}
      </main>
      <Choices />
    </div>
  );
}

function Cards({ page, personId }: { page: NonNullable<ReturnType<typeof useOwnPage>>; personId: string }) {
  const { t } = useTranslation();
  const { me } = page;
  return (
    <>
      <div className={classes['column']}>
        {me ? (
          <>
            <OwnState me={me} reasons={page.pauseReasons} />
            <SupervisionMark me={me} />
            <OwnCalls me={me} mayMarkPrivate={page.mayMarkPrivate} />
            <HelpCard me={me} />
            <OwnQueues me={me} />
          </>
        ) : (
          <p className={classes['card']}>{t('agentPage.noAgent')}</p>
        )}
      </div>
      <div className={classes['column']}>
        <Companions personId={personId} />
      </div>
    </>
  );
}

function Loading() {
  const { t } = useTranslation();
  return (
    <Center mih={200} w="100%">
      <Loader aria-label={t('common.loading')} />
    </Center>
  );
}
