import { useEffect } from 'react';
import type { Session } from '../../contract/session.ts';
import { Opening } from '../shared/session/opening.tsx';
import { may, useSession } from '../shared/session/session-store.ts';
import { loadSession } from '../shared/session/session-verbs.ts';
import { SignIn } from '../shared/session/sign-in.tsx';
import { Shell } from './shell/shell.tsx';

export function App() {
  const session = useSession();
  useEffect(() => {
    void loadSession();
  }, []);
  switch (session.state) {
    case 'loading':
      return <Opening problem={session.problem} />;
    case 'signed-out':
      return <SignIn expired={session.expired} />;
    case 'signed-in':
      // Who is an agent and nothing else has a page of his own.
      if (isOnlyAgent(session.session)) return <ToAgentPage />;
      return <Shell session={session.session} key={session.session.person.id} />;
    default:
      return session satisfies never;
  }
}

const isOnlyAgent = (session: Session): boolean =>
  may(session, 'agent-page') && !may(session, 'live.view') && !may(session, 'agents.edit');

function ToAgentPage() {
  useEffect(() => location.replace('/agent'), []);
  return <Opening />;
}
