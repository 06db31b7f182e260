import { Select, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import calls from '../calls/calls-page.module.css';
import { PeriodFilter } from '../calls/period-filter.tsx';
import { auditActions, isKnownAction } from './audit-actions.ts';
import { type AuditView, isId } from './audit-view.ts';
import { PersonFilter } from './person-filter.tsx';

interface AuditFiltersProps {
  view: AuditView;
  /** Actions on the page; one that has no words here yet can be filtered by all the same. */
  seen: readonly string[];
  onChange(view: AuditView): void;
}

export function AuditFilters({ view, seen, onChange }: AuditFiltersProps) {
  const { t } = useTranslation();
  const { period, own } = view;
  const change = (part: Partial<AuditView['own']>) => onChange({ period, own: { ...own, ...part } });
  const others = [...new Set([...seen, own.action ?? ''])].filter(
    (action) => action !== '' && !isKnownAction(action),
  );
  const actions = [
    ...auditActions.map((action) => ({ value: action as string, label: t(`audit.actions.${action}`) })),
    ...others.map((action) => ({ value: action, label: action.slice(0, 100) })),
  ];
  return (
    <search className={calls['filters']}>
      <PeriodFilter view={period} onChange={(part) => onChange({ period: { ...period, ...part }, own })} />
      <Select
        size="xs"
        w={200}
        searchable
        clearable
        aria-label={t('audit.action')}
        placeholder={t('audit.action')}
        data={actions}
        value={own.action}
        onChange={(action) => change({ action })}
        comboboxProps={{ width: 320, position: 'bottom-start' }}
      />
      <PersonFilter label={t('audit.actor')} value={own.actor} onChange={(actor) => change({ actor })} />
      <PersonFilter
        label={t('audit.subject')}
        value={own.subject}
        onChange={(subject) => change({ subject })}
      />
      <TextInput
        size="xs"
        w={210}
        aria-label={t('audit.call')}
        placeholder={t('audit.call')}
        maxLength={100}
        error={own.call !== null && !isId(own.call) && t('audit.notAnId')}
        value={own.call ?? ''}
        onChange={(event) => change({ call: event.currentTarget.value || null })}
      />
    </search>
  );
}
