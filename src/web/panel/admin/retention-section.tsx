import { NumberInput, SimpleGrid } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { dataKinds, type RetentionRun, retentionDaysMax } from '../../../contract/policy.ts';
import { request } from '../../shared/http/request.ts';
import { useResource } from '../../shared/http/use-resource.ts';
import { dateFormat } from '../../shared/time/locale.ts';
import classes from './admin.module.css';
import { PolicySection, type SectionProps } from './policy-section.tsx';

export function RetentionSection({ policy, change }: SectionProps) {
  const { t } = useTranslation();
  const { retentionDays } = policy;
  return (
    <PolicySection
      title={t('policy.retention.title')}
      hint={t('policy.retention.hint')}
      cnil={t('policy.retention.cnil')}
    >
      <SimpleGrid cols={{ base: 2, md: 5 }} spacing="sm">
        {dataKinds.map((kind) => (
          <NumberInput
            key={kind}
            label={t(`policy.retention.kinds.${kind}`)}
            placeholder={t('policy.retention.kept')}
            min={1}
            max={retentionDaysMax}
            clampBehavior="strict"
            allowDecimal={false}
            value={retentionDays[kind] ?? ''}
            onChange={(value) =>
              change({
                retentionDays: { ...retentionDays, [kind]: value === '' ? null : Number(value) || null },
              })
            }
          />
        ))}
      </SimpleGrid>
      <LastRun />
    </PolicySection>
  );
}

function LastRun() {
  const { t, i18n } = useTranslation();
  const status = useResource(
    (signal) => request<{ lastRun: RetentionRun | null }>('/api/policy/retention', { signal }),
    [],
  );
  if (!status.value) return null;
  const { lastRun } = status.value;
  if (!lastRun) return <p className={classes['told']}>{t('policy.retention.never')}</p>;
  const at = dateFormat(i18n.language, { dateStyle: 'long', timeStyle: 'short' }).format(
    new Date(lastRun.startedAt),
  );
  return (
    <div className={classes['told']}>
      {t('policy.retention.lastRun', { at })}
      <ul className={classes['kinds']}>
        {lastRun.kinds.map(({ kind, deleted, complete }) => (
          <li key={kind}>
            {t(`policy.retention.kinds.${kind}`)}
            {t('common.colon')}
            {t('policy.retention.deleted', { count: deleted })}
            {!complete && `, ${t('policy.retention.incomplete')}`}
          </li>
        ))}
      </ul>
    </div>
  );
}
