import { useEffect } from 'react';
import { Opening } from '../shared/session/opening.tsx';
import { may, useSession } from '../shared/session/session-store.ts';
import { loadSession } from '../shared/session/session-verbs.ts';
import { SignIn } from '../shared/session/sign-in.tsx';
import { AgentPage } from './agent-page.tsx';

export function AgentApp() {
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
      // Who is no agent has the panel.
      if (!may(session.session, 'agent-page')) return <ToPanel />;
      return <AgentPage session={session.session} key={session.session.person.id} />;
    default:
      return session satisfies never;
  }
}

function ToPanel() {
  useEffect(() => location.replace('/'), []);
  return <Opening />;
}
