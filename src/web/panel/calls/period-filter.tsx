import { DatePickerInput, DatesProvider } from '@mantine/dates';
import { IconCalendar } from '@tabler/icons-react';
import 'dayjs/locale/fr';
import { useTranslation } from 'react-i18next';
import { dateFormat } from '../../shared/time/locale.ts';
import { type CallsView, dayOf } from './filters.ts';

/** The calendar is named after the field; the library gives the two different ids otherwise. */
const fieldId = 'calls-period';

interface PeriodFilterProps {
  view: CallsView;
  onChange(part: Partial<CallsView>): void;
}

export function PeriodFilter({ view, onChange }: PeriodFilterProps) {
  const { t, i18n } = useTranslation();
  const now = new Date();
  const format = dateFormat(i18n.language, { day: 'numeric', month: 'short', year: 'numeric' });
  const say = (day: string) => format.format(new Date(`${day}T12:00:00`));
  const shown = [...new Set([view.fromDay, view.toDay])]
    .filter((day) => day !== null)
    .map(say)
    .join(' – ');
  const days = (from: number, to: number): [string, string] => [dayOf(now, from), dayOf(now, to)];
  return (
    <DatesProvider settings={{ locale: i18n.language, firstDayOfWeek: 1, weekendDays: [] }}>
      <DatePickerInput
        type="range"
        size="xs"
        w={215}
        clearable
        allowSingleDateInRange
        hideOutsideDates
        id={fieldId}
        popoverProps={{ id: fieldId }}
        ariaLabels={{
          previousMonth: t('calls.previousMonth'),
          nextMonth: t('calls.nextMonth'),
          previousYear: t('calls.previousYear'),
          nextYear: t('calls.nextYear'),
        }}
        aria-label={`${t('calls.period')}${t('common.colon')}${shown}`}
        placeholder={t('calls.period')}
        title={t('calls.periodHint')}
        valueFormatter={() => shown}
        clearButtonProps={{ 'aria-label': t('calls.everyDay') }}
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
