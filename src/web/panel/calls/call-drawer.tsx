import { Alert, Center, Drawer, Loader } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Call } from '../../../contract/calls.ts';
import { request } from '../../shared/http/request.ts';
import { useResource } from '../../shared/http/use-resource.ts';
import { CallDetail } from './call-detail.tsx';

export function CallDrawer({ id, onClose }: { id: string | null; onClose(): void }) {
  const { t } = useTranslation();
  return (
    <Drawer
      opened={id !== null}
      onClose={onClose}
      position="right"
      size={620}
      title={t('call.title')}
      closeButtonProps={{ 'aria-label': t('common.close') }}
    >
      {id !== null && <Loaded key={id} id={id} />}
    </Drawer>
  );
}

function Loaded({ id }: { id: string }) {
  const { t } = useTranslation();
  const call = useResource(
    (signal) => request<Call>(`/api/calls/${encodeURIComponent(id)}`, { signal }),
    [id],
  );
  if (call.problem) return <Alert color="red">{t(`errors.${call.problem.code}`)}</Alert>;
  if (!call.value) {
    return (
      <Center p="xl">
        <Loader aria-label={t('common.loading')} />
      </Center>
    );
  }
  return <CallDetail call={call.value} />;
}
