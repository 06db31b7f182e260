import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { type FormEvent, useState, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import type { Agent } from '../../../contract/agents.ts';
import type { TakeoverMode } from '../../../contract/supervisions.ts';
import { useMe } from '../../shared/session/session-store.ts';
import { board, useRow } from '../live/live.ts';
import { findMine } from './mine.ts';
import { recentReasons, rememberReason } from './recent-reasons.ts';
import { closeTakeover, takeoverStore } from './takeover-store.ts';
import { changeMode, startSupervision } from './verbs.ts';

const reasonLengthMax = 200;

/** Asked before a call is taken over: what will happen, since there is no way back to listening. */
export function TakeoverQuestion() {
  const { t } = useTranslation();
  const asked = useSyncExternalStore(takeoverStore.subscribe, takeoverStore.get);
  const agent = useRow(board.agents, asked?.agentId ?? '');
  return (
    <Modal
      opened={asked !== null && agent !== undefined}
      onClose={closeTakeover}
      title={agent && <bdi>{t('takeover.title', { name: agent.name.slice(0, 80) })}</bdi>}
      closeButtonProps={{ 'aria-label': t('common.close') }}
      size={440}
    >
      {asked && agent && <Question key={agent.id} agent={agent} mode={asked.mode} />}
    </Modal>
  );
}

function Question({ agent, mode }: { agent: Agent; mode: TakeoverMode }) {
  const { t } = useTranslation();
  const { person } = useMe();
  const mine = findMine(person.id);
  const listening = mine?.agentId === agent.id ? mine : undefined;
  const [reason, setReason] = useState(recentReasons(person.id)[0] ?? '');
  const isOffered = agent.mayDo.includes(mode);

  function confirm(event: FormEvent) {
    event.preventDefault();
    const text = reason.trim();
    if (!listening && text === '') return;
    closeTakeover();
    if (listening) return void changeMode(listening, mode);
    rememberReason(person.id, text);
    void startSupervision(agent, { mode, scope: 'call', reason: text });
  }

  return (
    <form onSubmit={confirm}>
      <Stack gap="sm">
        <Text size="sm">{t(`takeover.${mode}`)}</Text>
        <Text size="sm">{t('takeover.noWayBack')}</Text>
        {!listening && (
          <TextInput
            label={t('start.reason')}
            value={reason}
            maxLength={reasonLengthMax}
            required
            onChange={(event) => setReason(event.currentTarget.value)}
            data-autofocus
            autoComplete="off"
          />
        )}
        <Group justify="flex-end" gap="xs">
          <Button type="button" variant="default" onClick={closeTakeover}>
            {t('common.cancel')}
          </Button>
          <Button
            type="submit"
            color="red.9"
            disabled={!isOffered}
            data-autofocus={listening ? true : undefined}
          >
            {t('takeover.confirm')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
