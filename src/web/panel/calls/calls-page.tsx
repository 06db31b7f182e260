import '@mantine/dates/styles.layer.css';
import { ActionIcon, Alert, Button, Center, Loader } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconDownload, IconRefresh } from '@tabler/icons-react';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate, useParams, useSearchParams } from 'react-router';
import type { Call, CallsPage as Page } from '../../../contract/calls.ts';
import { queryString } from '../../shared/http/request.ts';
import { usePages } from '../../shared/http/use-pages.ts';
import { PageHead } from '../shell/page-head.tsx';
import { CallDrawer } from './call-drawer.tsx';
import { CallsFilters } from './calls-filters.tsx';
import classes from './calls-page.module.css';
import { CallsSummary } from './calls-summary.tsx';
import { CallsTable } from './calls-table.tsx';
import { type CallsView, dayOf, readView, toApi, writeView } from './filters.ts';

const typingMs = 250;

export default function CallsPage() {
  const { t } = useTranslation();
  const { id } = useParams();
  const navigate = useNavigate();
  const [params, setParams] = useSearchParams();
  const search = params.toString();
  const view = useMemo(() => readView(new URLSearchParams(search), dayOf(new Date())), [search]);
  const [asked] = useDebouncedValue(view, typingMs);
  const calls = usePages<Call, Page>('/api/calls', toApi(asked));
  const summary = calls.page?.summary;
  const change = (part: Partial<CallsView>) => setParams(writeView({ ...view, ...part }), { replace: true });
  const close = () => void navigate({ pathname: '/calls', search });

  return (
    <div className={classes['page']}>
      <PageHead title={t('calls.title')}>
        <ActionIcon
          variant="default"
          size={32}
          aria-label={t('calls.refresh')}
          title={t('calls.refresh')}
          onClick={calls.reload}
        >
          <IconRefresh size={17} />
        </ActionIcon>
        <Button
          component="a"
          href={`/api/calls.csv${queryString(toApi(view))}`}
          download
          size="xs"
          variant="default"
          leftSection={<IconDownload size={16} />}
        >
          {t('calls.csv')}
        </Button>
      </PageHead>
      <CallsFilters view={view} onChange={change} />
      {summary && <CallsSummary summary={summary} />}
      {calls.problem && (
        <Alert color="red" role="alert">
          {t(`errors.${calls.problem.code}`)}{' '}
          <Button size="compact-sm" variant="default" onClick={calls.reload}>
            {t('common.retry')}
          </Button>
        </Alert>
      )}
      {calls.items === null && calls.loading ? (
        <Center p="xl">
          <Loader aria-label={t('common.loading')} />
        </Center>
      ) : (
        calls.items && <CallsTable items={calls.items} search={search} />
      )}
      {calls.items && calls.items.length > 0 && (
        <div className={classes['foot']}>
          <span role="status">
            {t('calls.shown', { count: calls.items.length, total: summary?.total ?? 0 })}
          </span>
          {calls.more && (
            <Button variant="default" size="xs" loading={calls.loading} onClick={calls.loadMore}>
              {t('common.more')}
            </Button>
          )}
        </div>
      )}
      <CallDrawer id={id ?? null} onClose={close} />
    </div>
  );
}
