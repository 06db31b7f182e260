import '@mantine/dates/styles.layer.css';
import { Button } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconDownload } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';
import type { AuditEntry, AuditVerification } from '../../../contract/audit.ts';
import { queryString, RequestProblem, request } from '../../shared/http/request.ts';
import { usePages } from '../../shared/http/use-pages.ts';
import { PageHead } from '../shell/page-head.tsx';
import classes from './admin.module.css';
import { AdminList } from './admin-list.tsx';
import { AuditFilters } from './audit-filters.tsx';
import { AuditRow } from './audit-row.tsx';
import { AuditVerify, VerifyButton } from './audit-verify.tsx';
import { auditQuery, readAuditView, writeAuditView } from './audit-view.ts';

const typingMs = 250;
/** A year of entries is read whole, from the database and from the disk. */
const verifyDeadlineMs = 10 * 60_000;

/** Who did what to whom, filtered as the address says, and whether the log is as it was written. */
export default function AuditPage() {
  const { t } = useTranslation();
  const [params, setParams] = useSearchParams();
  const search = params.toString();
  const view = useMemo(() => readAuditView(search), [search]);
  const asked = auditQuery(view);
  const [query] = useDebouncedValue(JSON.stringify(asked), typingMs);
  const list = usePages<AuditEntry>('/api/audit', JSON.parse(query) as typeof asked);
  const { verify, running, ...verified } = useVerification();
  const columns = (['at', 'actor', 'action', 'subject', 'details', 'call'] as const).map((column) =>
    t(`audit.columns.${column}`),
  );
  return (
    <div className={classes['page']}>
      <PageHead title={t('audit.title')} hint={t('audit.hint')}>
        <VerifyButton running={running} onClick={verify} />
        <Button
          component="a"
          href={`/api/audit.csv${queryString(asked)}`}
          download
          size="xs"
          variant="default"
          leftSection={<IconDownload size={16} />}
        >
          {t('audit.csv')}
        </Button>
      </PageHead>
      <AuditVerify {...verified} />
      <AuditFilters
        view={view}
        seen={list.items?.map(({ action }) => action) ?? []}
        onChange={(next) => setParams(writeAuditView(next), { replace: true })}
      />
      <AdminList
        label={t('audit.title')}
        list={list}
        columns={columns}
        wide={4}
        empty={t('audit.empty')}
        row={(entry) => <AuditRow key={entry.id} entry={entry} />}
      />
    </div>
  );
}

function useVerification() {
  const [running, setRunning] = useState(false);
  const [result, setResult] = useState<AuditVerification | null>(null);
  const [problem, setProblem] = useState<RequestProblem | null>(null);
  const verify = () => {
    setRunning(true);
    request<AuditVerification>('/api/audit/verify', { deadlineMs: verifyDeadlineMs })
      .then(
        (value) => {
          setResult(value);
          setProblem(null);
        },
        (error: unknown) =>
          setProblem(error instanceof RequestProblem ? error : new RequestProblem('internal', 0)),
      )
      .finally(() => setRunning(false));
  };
  return { verify, running, result, problem };
}
