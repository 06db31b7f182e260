import { IconArrowsLeftRight, IconPhoneIncoming, IconPhoneOutgoing } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Direction } from '../../../contract/calls.ts';

const icons = { inbound: IconPhoneIncoming, outbound: IconPhoneOutgoing, internal: IconArrowsLeftRight };

export function DirectionIcon({ direction }: { direction: Direction }) {
  const { t } = useTranslation();
  const Icon = icons[direction];
  return <Icon size={15} role="img" aria-label={t(`direction.${direction}`)} style={{ flex: 'none' }} />;
}
