import { DatePickerInput, DatesProvider } from '@mantine/dates';
import { IconCalendar } from '@tabler/icons-react';
import 'dayjs/locale/fr';
import { useTranslation } from 'react-i18next';
import { type CallsView, dayOf } from './filters.ts';

interface PeriodFilterProps {
  view: CallsView;
  onChange(part: Partial<CallsView>): void;
}

export function PeriodFilter({ view, onChange }: PeriodFilterProps) {
  const { t, i18n } = useTranslation();
  const now = new Date();
  const days = (from: number, to: number): [string, string] => [dayOf(now, from), dayOf(now, to)];
  return (
    <DatesProvider settings={{ locale: i18n.language, firstDayOfWeek: 1 }}>
      <DatePickerInput
        type="range"
        size="xs"
        w={215}
        clearable
        allowSingleDateInRange
        aria-label={t('calls.period')}
        placeholder={t('calls.period')}
        title={t('calls.periodHint')}
        valueFormat={i18n.language === 'fr' ? 'D MMM YYYY' : 'MMM D, YYYY'}
        leftSection={<IconCalendar size={15} aria-hidden="true" />}
        value={[view.fromDay, view.toDay]}
        onChange={([fromDay, toDay]) => onChange({ fromDay, toDay })}
        presets={[
          { value: days(0, 0), label: t('calls.today') },
          { value: days(-1, -1), label: t('calls.yesterday') },
          { value: days(-6, 0), label: t('calls.last7') },
          { value: days(-29, 0), label: t('calls.last30') },
        ]}
      />
    </DatesProvider>
  );
}
