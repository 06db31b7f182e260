import { Popover, UnstyledButton } from '@mantine/core';
import { IconPhoneCall, IconPhoneOff, IconPhonePlus } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { PhoneCard } from '../../shared/phone/phone-card.tsx';
import { usePhone } from '../../shared/phone/phone-state.ts';
import classes from './shell.module.css';

/** Opens the phone in this page; rings on the menu when somebody calls. */
export function PhoneButton({ personId }: { personId: string }) {
  const { t } = useTranslation();
  const { link, call } = usePhone();
  const Icon = link === 'connected' ? IconPhoneCall : link === 'refused' ? IconPhoneOff : IconPhonePlus;
  const label = `${t('phone.title')}${t('common.colon')}${t(`phone.link.${link}`)}`;
  return (
    <Popover position="right-end" width={330} trapFocus returnFocus withinPortal>
      <Popover.Target>
        <UnstyledButton className={classes['item']} title={label} data-phone={link}>
          <Icon size={19} aria-hidden="true" />
          <span className={classes['word']}>{t('phone.short')}</span>
          <span className={classes['dot']} data-link={dotOf(link)} aria-hidden="true" />
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown aria-label={t('phone.title')} data-ringing={call?.state === 'ringing' || undefined}>
        <PhoneCard personId={personId} />
      </Popover.Dropdown>
    </Popover>
  );
}

const dotOf = (link: ReturnType<typeof usePhone>['link']) => (link === 'connected' ? 'live' : link);
