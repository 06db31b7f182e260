import { SegmentedControl, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Supervision } from '../../../contract/supervisions.ts';
import { usePhone } from '../../shared/phone/phone-state.ts';
import { useMe } from '../../shared/session/session-store.ts';

type Device = Supervision['device'];
/** On his own phone, or in this browser: asked only when he has both. */
export function DeviceChoice({ value, onChange }: { value: Device; onChange: (device: Device) => void }) {
  const { t } = useTranslation();
  const { person } = useMe();
  const isConnected = usePhone().link === 'connected';
  const says =
    value === 'browser'
      ? t('start.browser')
      : person.device
        ? t('start.phone', { device: person.device })
        : t('start.noPhone');
  return (
    <>
      {person.device !== null && isConnected && (
        <SegmentedControl
          fullWidth
          size="xs"
          aria-label={t('start.device')}
          value={value}
          onChange={(device) => onChange(device as Device)}
          data={[
            { value: 'phone', label: t('start.withPhone') },
            { value: 'browser', label: t('start.withBrowser') },
          ]}
        />
      )}
      <Text size="xs" c="dimmed">
        {says}
      </Text>
    </>
  );
}
