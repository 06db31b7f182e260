import { Alert, Button } from '@mantine/core';
import { IconAlertTriangle, IconShieldCheck } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { AuditFault, AuditVerification } from '../../../contract/audit.ts';
import type { RequestProblem } from '../../shared/http/request.ts';
import { Plain } from '../../shared/text/plain.tsx';
import { dateFormat } from '../../shared/time/locale.ts';
import classes from './audit-page.module.css';

interface AuditVerifyProps {
  result: AuditVerification | null;
  problem: RequestProblem | null;
}

/** What the last verification said: that all is as it was written, or each thing that is not. */
export function AuditVerify({ result, problem }: AuditVerifyProps) {
  const { t } = useTranslation();
  return (
    <div role="status">
      {problem ? (
        <Alert color="red">{t(`errors.${problem.code}`)}</Alert>
      ) : (
        result && <Result result={result} />
      )}
    </div>
  );
}

function Result({ result }: { result: AuditVerification }) {
  const { t, i18n } = useTranslation();
  const at = dateFormat(i18n.language, { dateStyle: 'short', timeStyle: 'medium' });
  const { intact, faults, faultCount } = result;
  const Icon = intact ? IconShieldCheck : IconAlertTriangle;
  return (
    <Alert
      className={classes['result'] ?? ''}
      color={intact ? 'teal' : 'orange'}
      icon={<Icon aria-hidden="true" />}
    >
      <p className={classes['verdict']}>
        {intact ? t('audit.intact') : t('audit.notIntact', { count: faultCount })}
      </p>
      <p className={classes['looked']}>
        {t('audit.looked', {
          database: result.databaseEntries.toLocaleString(i18n.language),
          local: result.localEntries.toLocaleString(i18n.language),
          at: at.format(new Date(result.checkedAt)),
        })}{' '}
        {result.notYetCopied > 0 && t('audit.notYetCopied', { count: result.notYetCopied })}
      </p>
      {faults.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        <section className={classes['faults']} tabIndex={0} aria-label={t('audit.faultsLabel')}>
          <ul>
            {faults.map((fault) => (
              <Fault key={JSON.stringify(fault)} fault={fault} />
            ))}
          </ul>
          {faultCount > faults.length && (
            <p>{t('audit.moreFaults', { count: faultCount - faults.length })}</p>
          )}
        </section>
      )}
    </Alert>
  );
}

function Fault({ fault }: { fault: AuditFault }) {
  const { t } = useTranslation();
  const { kind, where, sequence, toSequence, chainId, detail } = fault;
  const place =
    sequence === null
      ? null
      : toSequence === null || toSequence === sequence
        ? t('audit.number', { sequence })
        : t('audit.numbers', { sequence, toSequence });
  return (
    <li>
      <strong>{t(`audit.faults.${kind}`)}</strong>
      {' · '}
      {[t(`audit.where.${where}`), place].filter((part) => part !== null).join(' · ')}
      <small>
        <Plain text={detail} />
        {chainId && <Plain text={t('audit.chain', { chain: chainId })} />}
      </small>
    </li>
  );
}

/** The button beside the page's title. */
export function VerifyButton({ running, onClick }: { running: boolean; onClick(): void }) {
  const { t } = useTranslation();
  return (
    <Button
      size="xs"
      variant="default"
      loading={running}
      leftSection={<IconShieldCheck size={16} />}
      onClick={onClick}
    >
      {t('audit.verify')}
    </Button>
  );
}
