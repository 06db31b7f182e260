import { Button, Group, Modal, Stack, Textarea } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type ReadyMade, readyMadeLengthMax, readyMadeMax } from '../../../contract/chat.ts';
import { request } from '../../shared/http/request.ts';
import { notifyDone, notifyProblem } from '../../shared/shell/notify.ts';

interface ReadyMadeEditorProps {
  opened: boolean;
  readyMade: ReadyMade;
  onClose(): void;
  onSaved(): void;
}

/** The house's ready-made messages, one on each line. */
export function ReadyMadeEditor({ opened, onClose, ...rest }: ReadyMadeEditorProps) {
  const { t } = useTranslation();
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t('chat.readyMade')}
      closeButtonProps={{ 'aria-label': t('common.close') }}
      size={520}
    >
      <EditorForm onClose={onClose} {...rest} />
    </Modal>
  );
}

function EditorForm({ readyMade, onClose, onSaved }: Omit<ReadyMadeEditorProps, 'opened'>) {
  const { t } = useTranslation();
  const [text, setText] = useState(readyMade.items.join('\n'));
  const [busy, setBusy] = useState(false);
  const items = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const wrong = items.length > readyMadeMax || items.some((line) => [...line].length > readyMadeLengthMax);

  async function save(event: FormEvent): Promise<void> {
    event.preventDefault();
    setBusy(true);
    try {
      await request('/api/chat/ready-made', { method: 'PUT', json: { items } });
      notifyDone(t('chat.saved'));
      onSaved();
      onClose();
    } catch (error) {
      notifyProblem(error);
    }
    setBusy(false);
  }
  return (
    <form onSubmit={(event) => void save(event)}>
      <Stack gap="sm">
        <Textarea
          label={t('chat.readyMade')}
          description={t('chat.readyMadeHint')}
          error={
            wrong ? t('chat.readyMadeWrong', { count: readyMadeMax, length: readyMadeLengthMax }) : undefined
          }
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          autosize
          minRows={5}
          maxRows={14}
          data-autofocus
        />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {t('common.cancel')}
          </Button>
          <Button type="submit" loading={busy} disabled={wrong}>
            {t('common.save')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
