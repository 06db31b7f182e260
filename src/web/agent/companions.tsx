import { useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { AgentChat } from '../shared/chat/agent-chat.tsx';
import { MyEvaluations } from '../shared/evaluations/my-evaluations.tsx';
import { pageSocket } from '../shared/page-socket.ts';
import { PhoneCard } from '../shared/phone/phone-card.tsx';
import { ShareScreen } from '../shared/screen/share-screen.tsx';
import { Card } from './card.tsx';
import { useOwnPage } from './own-page.ts';

/** What stands beside his calls: the phone in this page, the chat with his supervisors, his screen. */
export function Companions({ personId }: { personId: string }) {
  const { t } = useTranslation();
  return (
    <>
      <Card title={t('phone.title')}>
        <PhoneCard personId={personId} />
      </Card>
      <AgentChat personId={personId} />
      <Screen />
      <Card title={t('evaluations.mine')}>
        <MyEvaluations />
      </Card>
    </>
  );
}

function Screen() {
  const { t } = useTranslation();
  const socket = useSyncExternalStore(pageSocket.subscribe, pageSocket.get);
  const me = useOwnPage()?.me;
  if (!socket || !me) return null;
  return (
    <Card title={t('screenShare.title')}>
      <ShareScreen socket={socket} watchedBy={me.screen.watchedBy} />
    </Card>
  );
}
