import { Button, Select, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Option } from '../live/agent-index.ts';
import { useTeams } from '../live/index-store.ts';
import { board, useRows } from '../live/live.ts';
import { queueOption, useManyPbxs } from '../live/many-pbxs.ts';
import { callStatesInOrder } from './call-state-chip.tsx';
import classes from './calls-page.module.css';
import type { CallsView } from './filters.ts';
import { directionsInOrder, reasonsInOrder } from './party.ts';
import { PeriodFilter } from './period-filter.tsx';
import { useAgentOptions } from './use-agent-options.ts';

interface CallsFiltersProps {
  view: CallsView;
  onChange(part: Partial<CallsView>): void;
}

export function CallsFilters({ view, onChange }: CallsFiltersProps) {
  const { t } = useTranslation();
  const agents = useAgentOptions();
  const queues = useRows(board.queues);
  const manyPbxs = useManyPbxs();
  // The board's queues change with every call; their names do not.
  const queueNames = JSON.stringify(queues.map((queue) => queueOption(queue, manyPbxs)));
  const queueOptions = useMemo(() => JSON.parse(queueNames) as Option[], [queueNames]);
  const teams = useTeams();
  const fields = [
    { name: 'agent', width: 170, data: agents },
    { name: 'queue', width: 130, data: queueOptions },
    { name: 'team', width: 140, data: teams },
    {
      name: 'state',
      width: 130,
      data: callStatesInOrder.map((value) => ({ value, label: t(`callState.${value}`) })),
    },
    {
      name: 'reason',
      width: 200,
      data: reasonsInOrder.map((value) => ({ value, label: t(`reason.${value}`) })),
    },
    {
      name: 'direction',
      width: 110,
      data: directionsInOrder.map((value) => ({ value, label: t(`direction.${value}`) })),
    },
  ] as const;
  const any = view.q !== '' || fields.some(({ name }) => view[name] !== null);
  return (
    <search className={classes['filters']}>
      <PeriodFilter view={view} onChange={onChange} />
      <TextInput
        size="xs"
        w={170}
        aria-label={t('calls.searchLabel')}
        placeholder={t('calls.search')}
        maxLength={100}
        leftSection={<IconSearch size={15} aria-hidden="true" />}
        value={view.q}
        onChange={(event) => onChange({ q: event.currentTarget.value })}
      />
      {fields.map(({ name, width, data }) => (
        <Select
          key={name}
          size="xs"
          w={width}
          searchable={data.length > 8}
          clearable
          limit={200}
          aria-label={t(`calls.${name}`)}
          placeholder={t(`calls.${name}`)}
          data={[...data]}
          value={view[name]}
          onChange={(value) => onChange({ [name]: value })}
          comboboxProps={{ width: Math.max(width, 220), position: 'bottom-start' }}
        />
      ))}
      {any && (
        <Button
          size="xs"
          variant="subtle"
          onClick={() =>
            onChange({
              agent: null,
              queue: null,
              team: null,
              state: null,
              reason: null,
              direction: null,
              q: '',
            })
          }
        >
          {t('calls.reset')}
        </Button>
      )}
    </search>
  );
}
