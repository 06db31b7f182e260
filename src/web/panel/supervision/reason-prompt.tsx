import { Alert, Button, Group, Modal, SegmentedControl, Stack, Text, TextInput } from '@mantine/core';
import { type FormEvent, useRef, useState, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import type { Agent } from '../../../contract/agents.ts';
import type { AudioMode } from '../../../contract/supervisions.ts';
import { board, useRow } from '../live/live.ts';
import { useMe } from '../session/session-store.ts';
import { isAudioMode } from './audio-modes.ts';
import { type Prompt, promptStore } from './prompt-store.ts';
import { recentReasons, rememberReason } from './recent-reasons.ts';
import { startSupervision } from './verbs.ts';

const reasonLengthMax = 200;
const close = () => promptStore.set(null);

/** Why, before one listens. The last reason is there already, so one Enter is enough. */
export function ReasonPrompt() {
  const { t } = useTranslation();
  const asked = useSyncExternalStore(promptStore.subscribe, promptStore.get);
  // While it closes it goes on saying what it asked.
  const last = useRef(asked);
  if (asked) last.current = asked;
  const shown = last.current;
  const agent = useRow(board.agents, shown?.agentId ?? '');
  const title =
    shown && agent ? t('start.title', { mode: t(`mode.${shown.mode}`), name: agent.name.slice(0, 80) }) : '';
  return (
    <Modal
      opened={asked !== null && agent !== undefined}
      onClose={close}
      title={<bdi>{title}</bdi>}
      closeButtonProps={{ 'aria-label': t('common.close') }}
      size={440}
    >
      {shown && agent && <ReasonForm key={shown.agentId} agent={agent} asked={shown} />}
    </Modal>
  );
}

function ReasonForm({ agent, asked }: { agent: Agent; asked: Prompt }) {
  const { mode, scope } = asked;
  const { t } = useTranslation();
  const { person } = useMe();
  const recent = recentReasons(person.id);
  const [reason, setReason] = useState(recent[0] ?? '');
  const [wrong, setWrong] = useState(false);
  const offered = agent.mayDo.filter(isAudioMode);
  const chosen = offered.includes(mode) ? mode : offered[0];

  function start(event: FormEvent) {
    event.preventDefault();
    const text = reason.trim();
    if (text === '') return setWrong(true);
    if (!chosen) return;
    rememberReason(person.id, text);
    close();
    void startSupervision(agent, { mode: chosen, scope, reason: text });
  }

  return (
    <form onSubmit={start}>
      <Stack gap="sm">
        {offered.length > 1 && chosen && (
          <SegmentedControl
            fullWidth
            size="xs"
            aria-label={t('bar.mode')}
            value={chosen}
            onChange={(value) => promptStore.set({ ...asked, mode: value as AudioMode })}
            data={offered.map((value) => ({ value, label: t(`mode.${value}`) }))}
          />
        )}
        {chosen ? (
          <Text size="sm">{t(`modeHint.${chosen}`)}</Text>
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
        {recent.length > 1 && (
          <Group gap={6} role="group" aria-label={t('start.recent')}>
            {recent.slice(1).map((one) => (
              <Button
                key={one}
                type="button"
                variant="default"
                size="compact-xs"
                maw={180}
                onClick={() => setReason(one)}
              >
                <bdi style={{ overflow: 'hidden', textOverflow: 'ellipsis' }}>{one}</bdi>
              </Button>
            ))}
          </Group>
        )}
        <Text size="xs" c="dimmed">
          {person.device ? t('start.phone', { device: person.device }) : t('start.noPhone')}
        </Text>
        <Group justify="flex-end" gap="xs">
          <Button type="button" variant="default" onClick={close}>
            {t('common.cancel')}
          </Button>
          <Button type="submit" disabled={!chosen}>
            {chosen ? t(`mode.${chosen}`) : t('mode.listen')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
