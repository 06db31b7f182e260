import { Center, Loader } from '@mantine/core';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { useSession } from './session/session-store.ts';
import { loadSession } from './session/session-verbs.ts';
import { SignIn } from './session/sign-in.tsx';
import { Shell } from './shell/shell.tsx';

export function App() {
  const { t } = useTranslation();
  const session = useSession();
  useEffect(() => {
    void loadSession();
  }, []);
  switch (session.state) {
    case 'loading':
      return (
        <Center h="100dvh">
          <Loader aria-label={t('common.loading')} />
        </Center>
      );
    case 'signed-out':
      return <SignIn expired={session.expired} />;
    case 'signed-in':
      return <Shell session={session.session} key={session.session.person.id} />;
    default:
      return session satisfies never;
  }
}
