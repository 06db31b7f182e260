import { useTranslation } from 'react-i18next';
import type { CallsSummary as Summary } from '../../../contract/calls.ts';
import { formatTimer } from '../../shared/time/duration.ts';
import classes from './calls-page.module.css';

const counted = [
  ['answered', 'answered'],
  ['abandoned', 'abandoned'],
  ['missed', 'missed'],
  ['busy', 'busy'],
  ['failed', 'failed'],
  ['inProgress', 'in-progress'],
] as const;

/** Counts exactly what the list below holds. */
export function CallsSummary({ summary }: { summary: Summary }) {
  const { t, i18n } = useTranslation();
  const number = new Intl.NumberFormat(i18n.language);
  const mean = (ms: number | null) => (ms === null ? '—' : formatTimer(ms));
  return (
    <dl className={classes['summary']} aria-label={t('calls.summary.label')}>
      <Figure
        label={t('calls.summary.total', { count: summary.total })}
        value={number.format(summary.total)}
      />
      {counted.map(([field, state]) => (
        <Figure
          key={field}
          label={t(`calls.summary.${state}`, { count: summary[field] })}
          value={number.format(summary[field])}
        />
      ))}
      <Figure
        label={t('calls.summary.averageWait')}
        value={mean(summary.averageWaitMs)}
        hint={t('calls.summary.averageHint')}
      />
      <Figure
        label={t('calls.summary.averageTalk')}
        value={mean(summary.averageTalkMs)}
        hint={t('calls.summary.averageHint')}
      />
    </dl>
  );
}

function Figure({ label, value, hint }: { label: string; value: string; hint?: string }) {
  return (
    <div className={classes['figure']} title={hint}>
      <dt>{label}</dt>
      <dd>{value}</dd>
    </div>
  );
}
