import { Combobox, Text, TextInput, useCombobox } from '@mantine/core';
import { IconArrowBackUp, IconSearch, IconStack2, IconUser } from '@tabler/icons-react';
import { type ReactNode, useEffect, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Agent } from '../../../contract/agents.ts';
import type { LiveQueue } from '../../../contract/live.ts';
import { queueKey } from '../../../contract/queues.ts';
import type { HandOver } from '../../../contract/supervisions.ts';
import { useMe } from '../../shared/session/session-store.ts';
import { StateBadge } from '../../shared/state/state-look.tsx';
import { Plain } from '../../shared/text/plain.tsx';
import { Since } from '../../shared/time/since.tsx';
import { board, useRows } from '../live/live.ts';
import { closeSendOn, type SendOn } from './send-on-store.ts';
import classes from './target-picker.module.css';
import { targetsOf } from './targets.ts';

interface TargetPickerProps {
  what: SendOn['what'];
  pbx: string;
  backTo: string | null;
  /** The queue the call came by, or waits in. */
  queue: string | null;
  choose(to: HandOver, name: string): Promise<unknown>;
}

/** A field to search with and a list below it; arrows and Enter choose, a click does. */
export function TargetPicker({ what, pbx, backTo, queue, choose }: TargetPickerProps) {
  const { t } = useTranslation();
  const me = useMe().person;
  const floor = { agents: useRows(board.agents), queues: useRows(board.queues) };
  const [words, setWords] = useState('');
  const [isAsking, setAsking] = useState(false);
  const list = useCombobox({ opened: true, onDropdownClose: closeSendOn });
  // The field names its list by an id, once it has been drawn again after the list.
  const listId = useId();
  const [, setDrawn] = useState(false);
  useEffect(() => setDrawn(true), []);
  const found = targetsOf(floor, { me, pbx, backTo, queue, isQueued: what === 'move', words });
  const { queues } = found;
  const isEmpty = found.back === null && found.free.length === 0 && queues.length === 0;

  async function submit(value: string): Promise<void> {
    const [kind, id] = [value.slice(0, 1), value.slice(2)];
    if (isAsking) return;
    setAsking(true);
    const name = (kind === 'q' ? board.queues.get(queueKey(pbx, id)) : board.agents.get(id))?.name ?? id;
    await choose(kind === 'q' ? { queue: id } : { agentId: id }, name);
    setAsking(false);
  }
  return (
    <Combobox store={list} onOptionSubmit={(value) => void submit(value)}>
      <Combobox.EventsTarget withExpandedAttribute>
        <TextInput
          type="search"
          aria-label={t('sendOn.search')}
          placeholder={t('sendOn.search')}
          leftSection={<IconSearch size={16} aria-hidden="true" />}
          maxLength={100}
          value={words}
          onChange={(event) => {
            setWords(event.currentTarget.value);
            list.resetSelectedOption();
          }}
          data-autofocus
        />
      </Combobox.EventsTarget>
      <Combobox.Options id={listId} className={classes['list'] ?? ''} aria-label={t(`sendOn.${what}.title`)}>
        {found.back && (
          <AgentOption
            agent={found.back}
            isBack
            label={t('sendOn.back', { name: found.back.name.slice(0, 80) })}
          />
        )}
        {found.free.length > 0 && (
          <Combobox.Group label={t('sendOn.free')}>
            {found.free.map((agent) => (
              <AgentOption key={agent.id} agent={agent} label={agent.name} />
            ))}
          </Combobox.Group>
        )}
        {queues.length > 0 && (
          <Combobox.Group label={t('live.queues')}>
            {queues.map((queue) => (
              <QueueOption key={queue.id} queue={queue} />
            ))}
          </Combobox.Group>
        )}
        {isEmpty && <Combobox.Empty>{t(words === '' ? 'sendOn.nobody' : 'sendOn.noMatch')}</Combobox.Empty>}
      </Combobox.Options>
      {found.more > 0 && (
        <Text size="xs" c="dimmed" mt={6}>
          {t('sendOn.more', { count: found.more })}
        </Text>
      )}
      <Text size="xs" c="dimmed" mt="sm">
        {t(`sendOn.${what}.hint`)}
      </Text>
    </Combobox>
  );
}

function AgentOption({ agent, label, isBack = false }: { agent: Agent; label: string; isBack?: boolean }) {
  const Icon = isBack ? IconArrowBackUp : IconUser;
  return (
    <Option value={`a ${agent.id}`} icon={<Icon size={17} aria-hidden="true" />} isBack={isBack}>
      <span className={classes['who']}>
        <Plain text={label} strong />
        {agent.teams.length > 0 && <Plain text={agent.teams.map(({ name }) => name).join(', ')} dim />}
      </span>
      {isBack && <StateBadge state={agent.state} />}
      <Since at={agent.since} className={classes['since']} />
    </Option>
  );
}

function QueueOption({ queue }: { queue: LiveQueue }) {
  const { t } = useTranslation();
  return (
    <Option value={`q ${queue.id}`} icon={<IconStack2 size={17} aria-hidden="true" />}>
      <span className={classes['who']}>
        <Plain text={queue.name} strong />
      </span>
      <span className={classes['figures']}>
        {queue.waiting} {t('queue.waiting')} ·{' '}
        {t('queue.free', { free: queue.agentsFree, total: queue.agentsTotal, count: queue.agentsFree })}
      </span>
    </Option>
  );
}

function Option(props: { value: string; icon: ReactNode; isBack?: boolean; children: ReactNode }) {
  return (
    <Combobox.Option
      value={props.value}
      className={classes['option'] ?? ''}
      data-back={props.isBack || undefined}
    >
      {props.icon}
      {props.children}
    </Combobox.Option>
  );
}
