import { Button, Chip, Group, MultiSelect, NumberInput, Select, TextInput } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Agent } from '../../../contract/agents.ts';
import type { NamedRef } from '../../../contract/common.ts';
import type { ListeningWindow } from '../../../contract/policy.ts';
import { request } from '../../shared/http/request.ts';
import { useResource } from '../../shared/http/use-resource.ts';
import { dateFormat } from '../../shared/time/locale.ts';
import classes from './admin.module.css';
import { PolicySection, type SectionProps } from './policy-section.tsx';

const weekdays = [1, 2, 3, 4, 5, 6, 7];
const workingHours: ListeningWindow = {
  days: [1, 2, 3, 4, 5],
  from: '09:00',
  to: '18:00',
  teamIds: [],
  agentIds: [],
  firstDay: null,
  lastDay: null,
};
const windowsMax = 100;

export function ListeningWindows({ policy, change, readOnly }: SectionProps & { readOnly: boolean }) {
  const { t } = useTranslation();
  const teams = useOptions('/api/teams');
  const agents = useOptions('/api/agents?limit=500');
  const zones = useMemo(() => Intl.supportedValuesOf('timeZone'), []);
  const { windows } = policy;
  const put = (index: number, part: Partial<ListeningWindow>) =>
    change({ windows: windows.map((one, i) => (i === index ? { ...one, ...part } : one)) });
  return (
    <PolicySection
      title={t('policy.windows.title')}
      hint={t('policy.windows.hint')}
      cnil={t('policy.windows.cnil')}
    >
      {windows.length === 0 && <p className={classes['told']}>{t('policy.windows.none')}</p>}
      {windows.map((window, index) => (
        <WindowFields
          // biome-ignore lint/suspicious/noArrayIndexKey: periods have no name but their place
          key={index}
          number={index + 1}
          window={window}
          teams={teams}
          agents={agents}
          readOnly={readOnly}
          onChange={(part) => put(index, part)}
          onRemove={() => change({ windows: windows.filter((_, i) => i !== index) })}
        />
      ))}
      {!readOnly && windows.length < windowsMax && (
        <Group>
          <Button
            type="button"
            size="xs"
            variant="default"
            leftSection={<IconPlus size={15} />}
            onClick={() => change({ windows: [...windows, workingHours] })}
          >
            {t('policy.windows.add')}
          </Button>
        </Group>
      )}
      <Group align="flex-end">
        <Select
          label={t('policy.windows.timeZone')}
          data={zones.includes(policy.timeZone) ? zones : [policy.timeZone, ...zones]}
          value={policy.timeZone}
          onChange={(timeZone) => timeZone && change({ timeZone })}
          searchable
          limit={100}
          w={260}
        />
        <NumberInput
          label={t('policy.windows.persistent')}
          placeholder={t('policy.windows.noLimit')}
          min={1}
          max={1_440}
          clampBehavior="strict"
          allowDecimal={false}
          value={policy.persistentMinutesMax ?? ''}
          onChange={(value) => change({ persistentMinutesMax: value === '' ? null : Number(value) || null })}
          w={280}
        />
      </Group>
    </PolicySection>
  );
}

interface WindowFieldsProps {
  number: number;
  window: ListeningWindow;
  teams: Option[];
  agents: Option[];
  readOnly: boolean;
  onChange(part: Partial<ListeningWindow>): void;
  onRemove(): void;
}

function WindowFields({ number, window, teams, agents, readOnly, onChange, onRemove }: WindowFieldsProps) {
  const { t, i18n } = useTranslation();
  const name = dateFormat(i18n.language, { weekday: 'short', timeZone: 'UTC' });
  const overnight = window.to <= window.from ? ` (${t('policy.windows.overnight')})` : '';
  const setDays = (days: string[]) => {
    // A period of no day is none.
    if (days.length > 0) onChange({ days: days.map(Number).sort() });
  };
  return (
    <fieldset className={classes['window']}>
      <legend>{t('policy.windows.one', { number })}</legend>
      <Chip.Group multiple value={window.days.map(String)} onChange={setDays}>
        <Group gap={6} role="group" aria-label={t('policy.windows.days')} mb="xs">
          {weekdays.map((day) => (
            <Chip key={day} value={String(day)} size="xs" disabled={readOnly}>
              {/* 1 January 2024 was a Monday. */}
              {name.format(Date.UTC(2024, 0, day))}
            </Chip>
          ))}
        </Group>
      </Chip.Group>
      <Group align="flex-end" gap="sm">
        <TextInput
          type="time"
          label={t('policy.windows.from')}
          value={window.from}
          onChange={(event) => event.currentTarget.value && onChange({ from: event.currentTarget.value })}
          required
          w={130}
        />
        <TextInput
          type="time"
          label={t('policy.windows.to') + overnight}
          value={window.to}
          onChange={(event) => event.currentTarget.value && onChange({ to: event.currentTarget.value })}
          required
          w={190}
        />
        <TextInput
          type="date"
          label={t('policy.windows.firstDay')}
          value={window.firstDay ?? ''}
          onChange={(event) => onChange({ firstDay: event.currentTarget.value || null })}
          w={160}
        />
        <TextInput
          type="date"
          label={t('policy.windows.lastDay')}
          value={window.lastDay ?? ''}
          min={window.firstDay ?? undefined}
          onChange={(event) => onChange({ lastDay: event.currentTarget.value || null })}
          w={160}
        />
      </Group>
      <Group align="flex-end" gap="sm" mt="xs">
        <MultiSelect
          label={t('policy.windows.teams')}
          placeholder={
            window.teamIds.length + window.agentIds.length === 0 ? t('policy.windows.everybody') : ''
          }
          data={withUnknown(teams, window.teamIds)}
          value={window.teamIds}
          onChange={(teamIds) => onChange({ teamIds })}
          searchable
          maxValues={200}
          miw={280}
        />
        <MultiSelect
          label={t('policy.windows.agents')}
          data={withUnknown(agents, window.agentIds)}
          value={window.agentIds}
          onChange={(agentIds) => onChange({ agentIds })}
          searchable
          limit={200}
          maxValues={1_000}
          miw={280}
        />
        {!readOnly && (
          <Button
            type="button"
            variant="default"
            aria-label={t('policy.windows.remove', { number })}
            onClick={onRemove}
          >
            {t('alerts.settings.remove')}
          </Button>
        )}
      </Group>
    </fieldset>
  );
}

interface Option {
  value: string;
  label: string;
}

export function useOptions(path: string): Option[] {
  const list = useResource((signal) => request<{ items: (NamedRef | Agent)[] }>(path, { signal }), [path]);
  return list.value?.items.map(({ id, name }) => ({ value: id, label: name.slice(0, 100) })) ?? [];
}

/** A team or an agent that is gone keeps its place until somebody takes it out. */
function withUnknown(options: Option[], ids: readonly string[]): Option[] {
  const known = new Set(options.map(({ value }) => value));
  return [
    ...options,
    ...ids.filter((id) => !known.has(id)).map((id) => ({ value: id, label: id.slice(0, 8) })),
  ];
}
