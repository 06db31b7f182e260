import { Center, Loader, Stack, Text, Title, VisuallyHidden } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { RequestProblem } from '../http/request.ts';

/** Until it is known who is signed in; says why while the server does not tell, and that nobody has to do anything. */
export function Opening({ problem = null }: { problem?: RequestProblem['code'] | null }) {
  const { t } = useTranslation();
  return (
    <Center component="main" h="100dvh" p="xl">
      <Stack align="center">
        <Loader aria-hidden="true" />
        <div role="status">
          {problem === null ? (
            <VisuallyHidden>{t('common.loading')}</VisuallyHidden>
          ) : (
            <>
              <Title order={1} size="h5" ta="center">
                {t(`errors.${problem}`)}
              </Title>
              <Text c="dimmed" ta="center">
                {t('common.tryingAgain')}
              </Text>
            </>
          )}
        </div>
      </Stack>
    </Center>
  );
}
