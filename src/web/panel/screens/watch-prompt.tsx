import { Alert, Button, Group, Modal, SegmentedControl, Stack, Text, TextInput } from '@mantine/core';
import { type FormEvent, useRef, useState, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import type { Agent } from '../../../contract/agents.ts';
import { reasonLengthMax } from '../../../contract/supervisions.ts';
import { useMe } from '../../shared/session/session-store.ts';
import { board, useRow } from '../live/live.ts';
import { recentReasons, rememberReason } from '../supervision/recent-reasons.ts';
import { askedStore, startWatching, stopAsking } from './viewing-store.ts';

/** Why, and until when, before a screen is seen. The last reason is there already, so one Enter is enough. */
export function WatchPrompt() {
  const { t } = useTranslation();
  const asked = useSyncExternalStore(askedStore.subscribe, askedStore.get);
  // While it closes it goes on saying what it asked.
  const last = useRef(asked);
  if (asked) last.current = asked;
  const agent = useRow(board.agents, last.current ?? '');
  return (
    <Modal
      opened={asked !== null && agent !== undefined}
      onClose={stopAsking}
      title={<bdi>{agent ? t('screenWatch.promptTitle', { name: agent.name.slice(0, 80) }) : ''}</bdi>}
      closeButtonProps={{ 'aria-label': t('common.close') }}
      size={440}
    >
      {agent && <WatchForm key={agent.id} agent={agent} />}
    </Modal>
  );
}

function WatchForm({ agent }: { agent: Agent }) {
  const { t } = useTranslation();
  const { person } = useMe();
  const [reason, setReason] = useState(recentReasons(person.id)[0] ?? '');
  const [scope, setScope] = useState<'call' | 'agent'>('agent');
  const [wrong, setWrong] = useState(false);
  const isOnCall = agent.calls.some(({ state }) => state !== 'ringing');
  const chosen = isOnCall ? scope : 'agent';
  const offered = agent.mayDo.includes('watch-screen');

  function start(event: FormEvent) {
    event.preventDefault();
    const text = reason.trim();
    if (text === '') return setWrong(true);
    rememberReason(person.id, text);
    void startWatching(agent, { scope: chosen, reason: text });
  }

  return (
    <form onSubmit={start}>
      <Stack gap="sm">
        {isOnCall && (
          <SegmentedControl
            fullWidth
            size="xs"
            aria-label={t('screenWatch.scope')}
            value={chosen}
            onChange={(value) => setScope(value as 'call' | 'agent')}
            data={[
              { value: 'agent', label: t('screenWatch.agent') },
              { value: 'call', label: t('screenWatch.call') },
            ]}
          />
        )}
        {offered ? (
          <Text size="sm">{t(`screenWatch.${chosen}Hint`)}</Text>
        ) : (
          <Alert color="yellow">{t('start.gone')}</Alert>
        )}
        <TextInput
          label={t('start.reason')}
          description={t('start.reasonHint')}
          value={reason}
          maxLength={reasonLengthMax}
          error={wrong ? t('start.needReason') : undefined}
          onChange={(event) => {
            setReason(event.currentTarget.value);
            setWrong(false);
          }}
          onFocus={(event) => event.currentTarget.select()}
          data-autofocus
          autoComplete="off"
        />
        <Group justify="flex-end" gap="xs">
          <Button type="button" variant="default" onClick={stopAsking}>
            {t('common.cancel')}
          </Button>
          <Button type="submit" disabled={!offered}>
            {t('screenWatch.start')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
