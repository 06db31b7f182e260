import { Button, Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { clearFilters } from './index-store.ts';

export function NoMatch() {
  const { t } = useTranslation();
  return (
    <Stack align="center" py="xl" gap="sm">
      <Text c="dimmed" role="status">
        {t('live.noMatch')}
      </Text>
      <Button variant="default" size="xs" onClick={clearFilters}>
        {t('live.clear')}
      </Button>
    </Stack>
  );
}
