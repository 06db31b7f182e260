import { useTranslation } from 'react-i18next';
import { PhoneCard } from '../shared/phone/phone-card.tsx';
import { Card } from './card.tsx';

/** What stands beside his calls: the phone in this page, the chat with his supervisors, his screen. */
export function Companions({ personId }: { personId: string }) {
  const { t } = useTranslation();
  return (
    <Card title={t('phone.title')}>
      <PhoneCard personId={personId} />
    </Card>
  );
}
