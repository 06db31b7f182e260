import { Button, Center, Stack, Text } from '@mantine/core';
import { Component, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

/** Shows a way out when rendering throws: a blank page tells nobody anything. */
export class Failure extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };
  static getDerivedStateFromError() {
    return { failed: true };
  }
  override render() {
    return this.state.failed ? <Sorry /> : this.props.children;
  }
}

function Sorry() {
  const { t } = useTranslation();
  return (
    <Center mih="60dvh" p="xl" role="alert">
      <Stack align="center">
        <Text fw={600}>{t('common.failed')}</Text>
        <Button onClick={() => location.reload()}>{t('common.reload')}</Button>
      </Stack>
    </Center>
  );
}
