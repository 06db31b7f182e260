import { Button, Group, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Agent } from '../../../contract/agents.ts';
import { logOut } from './control-requests.ts';
import { closeControl } from './control-store.ts';

export function LogOutQuestion({ agent }: { agent: Agent }) {
  const { t } = useTranslation();
  const [busy, setBusy] = useState(false);
  async function confirm() {
    setBusy(true);
    const done = await logOut(agent);
    setBusy(false);
    if (done) closeControl();
  }
  return (
    <Stack gap="md">
      <Text size="sm">{t('control.logOutWhat')}</Text>
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={closeControl}>
          {t('common.cancel')}
        </Button>
        <Button color="red.8" loading={busy} onClick={() => void confirm()} data-autofocus>
          {t('control.logOut')}
        </Button>
      </Group>
    </Stack>
  );
}
