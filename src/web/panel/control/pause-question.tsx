import { Button, Group, Radio, Stack } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PauseReasons } from '../../../contract/agent-page.ts';
import type { Agent } from '../../../contract/agents.ts';
import { request } from '../../shared/http/request.ts';
import { useResource } from '../../shared/http/use-resource.ts';
import { pause } from './control-requests.ts';
import { closeControl } from './control-store.ts';

const none = '';

export function PauseQuestion({ agent }: { agent: Agent }) {
  const { t } = useTranslation();
  const { value } = useResource((signal) => request<PauseReasons>('/api/pause-reasons', { signal }), []);
  const [reason, setReason] = useState(none);
  const [busy, setBusy] = useState(false);
  async function submit(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    const done = await pause(agent, reason === none ? null : reason);
    setBusy(false);
    if (done) closeControl();
  }
  return (
    <form onSubmit={(event) => void submit(event)}>
      <Stack gap="md">
        <Radio.Group label={t('control.pauseReason')} value={reason} onChange={setReason}>
          <Stack gap={6} mt={6}>
            <Radio value={none} label={t('control.noReason')} data-autofocus />
            {value?.items.map(({ name }) => (
              <Radio key={name} value={name} label={<bdi>{name}</bdi>} />
            ))}
          </Stack>
        </Radio.Group>
        <Group justify="flex-end" gap="xs">
          <Button type="button" variant="default" onClick={closeControl}>
            {t('common.cancel')}
          </Button>
          <Button type="submit" loading={busy}>
            {t('control.pause')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
