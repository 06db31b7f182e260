import { lazy, Suspense, useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { useMatch } from 'react-router';
import type { Session } from '../../../contract/session.ts';
import { may } from '../../shared/session/session-store.ts';
import { ChatDock } from '../chat/chat-dock.tsx';
import { ControlDialogs } from '../control/control-dialogs.tsx';
import { EvaluationOffer } from '../evaluations/evaluation-offer.tsx';
import { followFloor } from '../live/live-socket.ts';
import { ShortcutsHelp } from '../live/shortcuts-help.tsx';
import { ScreenWindow } from '../screens/screen-window.tsx';
import { WatchPrompt } from '../screens/watch-prompt.tsx';
import { SendOnQuestion } from '../send-on/send-on-question.tsx';
import { ListeningBar } from '../supervision/listening-bar.tsx';
import { useMyPhone } from '../supervision/my-phone.ts';
import { ReasonPrompt } from '../supervision/reason-prompt.tsx';
import { Pages } from './pages.tsx';
import classes from './shell.module.css';
import { useShortcuts } from './shortcuts.ts';
import { SideMenu } from './side-menu.tsx';

const WallPage = lazy(() => import('../wall/wall-page.tsx'));
const contentId = 'content';

/** The signed-in page: menu at the side, a page, and the supervision bar below both. */
export function Shell({ session }: { session: Session }) {
  const { t } = useTranslation();
  const personId = session.person.id;
  const live = may(session, 'live.view');
  useEffect(() => (live ? followFloor(personId) : undefined), [live, personId]);
  useMyPhone(personId, may(session, 'supervision.listen'));
  useShortcuts(personId);
  const isWall = useMatch('/wall') !== null;
  if (isWall && live)
    return (
      <Suspense>
        <WallPage />
      </Suspense>
    );
  return (
    <div className={classes['shell']}>
      <a href={`#${contentId}`} className={classes['skip']}>
        {t('common.skip')}
      </a>
      <SideMenu session={session} />
      <main id={contentId} className={classes['main']} tabIndex={-1}>
        <Pages session={session} />
      </main>
      <div className={classes['bar']}>
        <EvaluationOffer />
        <ListeningBar />
      </div>
      {may(session, 'chat.write') && <ChatDock />}
      <ReasonPrompt />
      <WatchPrompt />
      <ScreenWindow />
      <ControlDialogs />
      <SendOnQuestion />
      <ShortcutsHelp />
    </div>
  );
}
