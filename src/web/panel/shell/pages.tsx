import { Center, Loader, Text } from '@mantine/core';
import { lazy, type ReactElement, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { Navigate, Route, Routes } from 'react-router';
import type { Permission } from '../../../contract/permissions.ts';
import type { Session } from '../../../contract/session.ts';
import { may } from '../../shared/session/session-store.ts';
import { LivePage } from '../live/live-page.tsx';

const CallsPage = lazy(() => import('../calls/calls-page.tsx'));
const AgentsPage = lazy(() => import('../admin/agents-page.tsx'));
const TeamsPage = lazy(() => import('../admin/teams-page.tsx'));
const QueuesPage = lazy(() => import('../admin/queues-page.tsx'));
const PeoplePage = lazy(() => import('../admin/people-page.tsx'));
const AlertsPage = lazy(() => import('../admin/alerts-page.tsx'));
const PauseReasonsPage = lazy(() => import('../admin/pause-reasons-page.tsx'));
const PolicyPage = lazy(() => import('../admin/policy-page.tsx'));
const EvaluationsPage = lazy(() => import('../evaluations/evaluations-page.tsx'));
const ExchangesPage = lazy(() => import('../chat/exchanges-page.tsx'));
const AuditPage = lazy(() => import('../admin/audit-page.tsx'));
const AccountPage = lazy(() => import('../account/account-page.tsx'));

export function Pages({ session }: { session: Session }) {
  const { t } = useTranslation();
  const only = (needs: Permission, page: ReactElement) =>
    may(session, needs) ? page : <Navigate to="/" replace />;
  return (
    <Suspense
      fallback={
        <Center h="100%">
          <Loader aria-label={t('common.loading')} />
        </Center>
      }
    >
      <Routes>
        <Route index element={<Home session={session} />} />
        <Route path="/calls/:id?" element={only('calls.view', <CallsPage />)} />
        <Route path="/admin/agents" element={only('agents.edit', <AgentsPage />)} />
        <Route path="/admin/teams" element={only('teams.edit', <TeamsPage />)} />
        <Route path="/admin/queues" element={only('queues.edit', <QueuesPage />)} />
        <Route path="/admin/people" element={only('people.edit', <PeoplePage />)} />
        <Route path="/admin/alerts" element={only('queues.edit', <AlertsPage />)} />
        <Route path="/admin/pauses" element={only('queues.edit', <PauseReasonsPage />)} />
        <Route
          path="/admin/policy"
          element={only('policy.view', <PolicyPage readOnly={!may(session, 'policy.edit')} />)}
        />
        <Route path="/evaluations" element={only('evaluations.write', <EvaluationsPage />)} />
        <Route path="/exchanges" element={only('chat.read-all', <ExchangesPage />)} />
        <Route path="/audit" element={only('audit.view', <AuditPage />)} />
        <Route path="/account" element={<AccountPage session={session} />} />
        <Route path="*" element={<Message text={t('nav.notFound')} />} />
      </Routes>
    </Suspense>
  );
}

/** The live panel; for an administrator alone, who may not watch, his own pages. */
function Home({ session }: { session: Session }) {
  const { t } = useTranslation();
  if (may(session, 'live.view')) return <LivePage />;
  if (may(session, 'agents.edit')) return <Navigate to="/admin/agents" replace />;
  return <Message text={t('nav.nothing')} />;
}

function Message({ text }: { text: string }) {
  return (
    <Center h="100%" p="xl">
      <Text c="dimmed" component="h1" size="md">
        {text}
      </Text>
    </Center>
  );
}
