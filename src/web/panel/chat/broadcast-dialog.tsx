import { Button, Group, Modal, Select, Stack, Text, Textarea } from '@mantine/core';
import i18next from 'i18next';
import { type FormEvent, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type BroadcastResult, messageLengthMax } from '../../../contract/chat.ts';
import { newId } from '../../shared/chat/new-id.ts';
import { request } from '../../shared/http/request.ts';
import { notifyProblem } from '../../shared/shell/notify.ts';
import { board, useRows } from '../live/live.ts';
import classes from './chat-dock.module.css';

interface BroadcastDialogProps {
  opened: boolean;
  readyMade: readonly string[];
  onClose(): void;
}

/** One message to each agent of a team; then who got it and who did not. */
export function BroadcastDialog({ opened, readyMade, onClose }: BroadcastDialogProps) {
  const { t } = useTranslation();
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t('chat.broadcastTitle')}
      closeButtonProps={{ 'aria-label': t('common.close') }}
      size={460}
    >
      <BroadcastForm readyMade={readyMade} onClose={onClose} />
    </Modal>
  );
}

function BroadcastForm({ readyMade, onClose }: Omit<BroadcastDialogProps, 'opened'>) {
  const { t } = useTranslation();
  const agents = useRows(board.agents);
  const teams = useMemo(
    () =>
      [...new Map(agents.flatMap((agent) => agent.teams.map((team) => [team.id, team.name] as const)))]
        .map(([value, label]) => ({ value, label: label.slice(0, 100) }))
        .sort((a, b) => a.label.localeCompare(b.label)),
    [agents],
  );
  // The same as long as the dialog stands: a second try reaches those whom the first did not.
  const [clientId] = useState(() => newId());
  const [teamId, setTeamId] = useState<string | null>(teams.length === 1 ? (teams[0]?.value ?? null) : null);
  const [text, setText] = useState('');
  const [busy, setBusy] = useState(false);
  const [result, setResult] = useState<BroadcastResult | null>(null);
  const tooLong = [...text.trim()].length > messageLengthMax;

  async function send(event: FormEvent): Promise<void> {
    event.preventDefault();
    setBusy(true);
    try {
      const json = { teamId, clientId, text };
      setResult(await request<BroadcastResult>('/api/chat/broadcasts', { method: 'POST', json }));
    } catch (error) {
      notifyProblem(error);
    }
    setBusy(false);
  }
  if (result) return <Result result={result} onClose={onClose} />;
  return (
    <form onSubmit={(event) => void send(event)}>
      <Stack gap="sm">
        <Text size="sm">{t('chat.broadcastHint')}</Text>
        <Select
          label={t('chat.team')}
          data={teams}
          value={teamId}
          onChange={setTeamId}
          searchable
          data-autofocus
        />
        <Textarea
          label={t('chat.write')}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          error={tooLong ? t('errors.message-too-long') : undefined}
          autosize
          minRows={3}
          maxRows={8}
          dir="auto"
        />
        <Group gap={6}>
          {readyMade.slice(0, 6).map((ready) => (
            <Button key={ready} variant="default" size="compact-xs" maw={200} onClick={() => setText(ready)}>
              <bdi style={{ overflow: 'hidden', textOverflow: 'ellipsis' }}>{ready}</bdi>
            </Button>
          ))}
        </Group>
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {t('common.cancel')}
          </Button>
          <Button type="submit" loading={busy} disabled={!teamId || text.trim() === '' || tooLong}>
            {t('chat.send')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function Result({ result, onClose }: { result: BroadcastResult; onClose(): void }) {
  const { t } = useTranslation();
  return (
    <Stack gap="sm" role="status">
      <Text>{t('chat.sentTo', { count: result.sent })}</Text>
      {result.leftOut.length > 0 && (
        <>
          <Text size="sm">{t('chat.leftOut')}</Text>
          <ul className={classes['left']}>
            {result.leftOut.map(({ agent, code }) => (
              <li key={agent.id}>
                <bdi>{agent.name.slice(0, 80)}</bdi>
                {t('common.colon')}
                {i18next.exists(`errors.${code}`) ? i18next.t(`errors.${code}` as 'errors.internal') : code}
              </li>
            ))}
          </ul>
        </>
      )}
      <Group justify="flex-end">
        <Button onClick={onClose}>{t('common.close')}</Button>
      </Group>
    </Stack>
  );
}
