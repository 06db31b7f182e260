import { ActionIcon, CloseButton, Select, TextInput, Tooltip } from '@mantine/core';
import { IconKeyboard, IconSearch } from '@tabler/icons-react';
import { memo, type ReactNode, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import classes from './board-toolbar.module.css';
import { helpStore } from './help-store.ts';
import { changeView, useTeams, useView } from './index-store.ts';
import { board, useRows } from './live.ts';
import { queueOption, useManyPbxs } from './many-pbxs.ts';
import { StateChips } from './state-chips.tsx';

export const searchBoxId = 'board-search';

export const BoardToolbar = memo(function BoardToolbar({ choice }: { choice?: ReactNode }) {
  const { t } = useTranslation();
  const view = useView();
  const teams = useTeams();
  const queues = useRows(board.queues);
  const manyPbxs = useManyPbxs();
  const queueOptions = useMemo(() => queues.map((queue) => queueOption(queue, manyPbxs)), [queues, manyPbxs]);
  return (
    <search className={classes['toolbar']} aria-label={t('live.agents')}>
      {choice}
      <TextInput
        id={searchBoxId}
        size="xs"
        className={classes['search']}
        aria-label={t('live.search')}
        placeholder={t('live.search')}
        leftSection={<IconSearch size={15} aria-hidden="true" />}
        rightSection={
          view.q ? (
            <CloseButton size="xs" aria-label={t('live.clear')} onClick={() => changeView({ q: '' })} />
          ) : (
            <kbd className={classes['key']}>/</kbd>
          )
        }
        value={view.q}
        maxLength={100}
        onChange={(event) => changeView({ q: event.currentTarget.value })}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return;
          event.stopPropagation();
          changeView({ q: '' });
          event.currentTarget.blur();
        }}
      />
      <div className={classes['selects']}>
        {teams.length > 1 && (
          <Select
            size="xs"
            w={150}
            aria-label={t('live.team')}
            placeholder={t('live.everyTeam')}
            clearable
            data={teams}
            value={view.team}
            onChange={(team) => changeView({ team })}
          />
        )}
        {queueOptions.length > 1 && (
          <Select
            size="xs"
            w={140}
            aria-label={t('live.queue')}
            placeholder={t('live.everyQueue')}
            clearable
            data={queueOptions}
            value={view.queue}
            onChange={(queue) => changeView({ queue })}
          />
        )}
        <Select
          size="xs"
          w={110}
          aria-label={t('live.sort')}
          allowDeselect={false}
          data={[
            { value: 'name', label: t('live.sortName') },
            { value: 'state', label: t('live.sortState') },
          ]}
          value={view.sort}
          onChange={(sort) => changeView({ sort: sort === 'state' ? 'state' : 'name' })}
        />
        <Tooltip label={t('help.open')}>
          <ActionIcon
            variant="default"
            size={30}
            aria-label={t('help.open')}
            onClick={() => helpStore.set(true)}
          >
            <IconKeyboard size={17} />
          </ActionIcon>
        </Tooltip>
      </div>
      <StateChips />
    </search>
  );
});
