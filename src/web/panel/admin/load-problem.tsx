import { Alert, Button, Center, Group, Loader } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Resource } from '../../shared/http/use-resource.ts';

/** What stands where a page's own content is not there yet: it loads, or it failed and can be tried again. */
export function LoadProblem({ of: { value, problem, reload } }: { of: Resource<unknown> }) {
  const { t } = useTranslation();
  if (problem)
    return (
      <Alert color="red" role="alert">
        <Group>
          {t(`errors.${problem.code}`)}
          <Button size="compact-sm" variant="default" onClick={reload}>
            {t('common.retry')}
          </Button>
        </Group>
      </Alert>
    );
  if (value !== null) return null;
  return (
    <Center p="xl">
      <Loader aria-label={t('common.loading')} />
    </Center>
  );
}
