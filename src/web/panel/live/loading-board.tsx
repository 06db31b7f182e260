import { Skeleton, Stack, VisuallyHidden } from '@mantine/core';
import { useTranslation } from 'react-i18next';

export function LoadingBoard() {
  const { t } = useTranslation();
  return (
    <Stack p="md" gap="xs" role="status" aria-busy="true">
      <VisuallyHidden>{t('link.loading')}</VisuallyHidden>
      <Skeleton height={84} />
      <Skeleton height={36} />
      {Array.from({ length: 10 }, (_, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: placeholders have no identity
        <Skeleton key={i} height={34} />
      ))}
    </Stack>
  );
}
