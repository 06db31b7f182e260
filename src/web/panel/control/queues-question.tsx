import { Badge, Button, Group, NumberInput, Select, Stack, Text } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Agent, AgentQueue } from '../../../contract/agents.ts';
import { penaltyMax } from '../../../contract/shift-control.ts';
import { Plain } from '../../shared/text/plain.tsx';
import { board, useRows } from '../live/live.ts';
import { useQueueName } from '../live/queue-name.tsx';
import { putInQueue, takeOutOfQueue } from './control-requests.ts';
import classes from './queues-question.module.css';

/** The agent's queues with a way out of each, and a way into the others. Stays open: what changes is shown as the PBX tells it. */
export function QueuesQuestion({ agent }: { agent: Agent }) {
  const { t } = useTranslation();
  return (
    <Stack gap="md">
      {agent.queues.length === 0 ? (
        <Text size="sm">{t('control.inNoQueue')}</Text>
      ) : (
        <ul className={classes['list']} aria-label={t('control.inQueues')}>
          {agent.queues.map((queue) => (
            <QueueLine key={`${queue.id} ${queue.interface}`} agent={agent} queue={queue} />
          ))}
        </ul>
      )}
      <JoinForm agent={agent} />
    </Stack>
  );
}

function QueueLine({ agent, queue }: { agent: Agent; queue: AgentQueue }) {
  const { t } = useTranslation();
  const [busy, setBusy] = useState(false);
  const name = useQueueName(agent.pbx, queue.id);
  const isOut = queue.static === true && queue.paused;
  async function act() {
    setBusy(true);
    await (isOut ? putInQueue(agent, queue.id, queue.penalty ?? 0) : takeOutOfQueue(agent, queue.id));
    setBusy(false);
  }
  const label = isOut ? 'control.putBackIn' : 'control.removeFrom';
  return (
    <li className={classes['line']}>
      <span className={classes['name']}>
        <Plain text={name} />
        {queue.static && <small className={classes['small']}>{t('control.isStatic')}</small>}
      </span>
      {queue.paused && (
        <Badge variant="light" color="yellow" className={classes['badge'] ?? ''}>
          {t('control.paused')}
        </Badge>
      )}
      <Text size="xs" c="dimmed" className={classes['penalty'] ?? ''}>
        {t('control.penalty')} {queue.penalty ?? '–'}
      </Text>
      <Button
        size="compact-sm"
        variant="default"
        loading={busy}
        aria-label={t(label, { queue: name.slice(0, 80) })}
        onClick={() => void act()}
      >
        {t(isOut ? 'control.putBack' : 'control.remove')}
      </Button>
    </li>
  );
}

function JoinForm({ agent }: { agent: Agent }) {
  const { t } = useTranslation();
  const queues = useRows(board.queues);
  const [queue, setQueue] = useState<string | null>(null);
  const [penalty, setPenalty] = useState(0);
  const [busy, setBusy] = useState(false);
  const own = new Set(agent.queues.map(({ id }) => id));
  const others = queues
    .filter(({ pbx, id }) => pbx === agent.pbx && !own.has(id))
    .map(({ id, name }) => ({ value: id, label: name.slice(0, 100) }))
    .sort((a, b) => a.label.localeCompare(b.label));
  async function submit(event: FormEvent) {
    event.preventDefault();
    if (queue === null) return;
    setBusy(true);
    if (await putInQueue(agent, queue, penalty)) setQueue(null);
    setBusy(false);
  }
  return (
    <form onSubmit={(event) => void submit(event)}>
      <Group align="flex-end" gap="xs" wrap="nowrap">
        <Select
          label={t('control.otherQueue')}
          placeholder={t('control.choose')}
          data={others}
          value={queue}
          onChange={setQueue}
          searchable
          limit={100}
          flex={1}
          comboboxProps={{ withinPortal: false }}
        />
        <NumberInput
          label={t('control.penalty')}
          title={t('control.penaltyHint')}
          min={0}
          max={penaltyMax}
          allowDecimal={false}
          value={penalty}
          onChange={(value) => setPenalty(Number(value) || 0)}
          w={90}
        />
        <Button type="submit" loading={busy} disabled={queue === null}>
          {t('control.add')}
        </Button>
      </Group>
    </form>
  );
}
