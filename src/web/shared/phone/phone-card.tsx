import { Alert, Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { AudioSettings } from './audio-settings.tsx';
import { CallControls } from './call-controls.tsx';
import classes from './phone.module.css';
import { connectPhone, disconnectPhone } from './phone.ts';
import { type PhoneState, usePhone, whyMute } from './phone-state.ts';
import { playNow } from './speaker.ts';

/** The phone in this page: its state, its call, its microphone and speaker. For the panel and the agent page. */
export function PhoneCard({ personId }: { personId: string }) {
  const { t } = useTranslation();
  const phone = usePhone();
  // Said before one connects: a page that is not on HTTPS gets no microphone, whatever is done here.
  const mute = window.isSecureContext ? whyMute(phone) : 'insecure';
  const isOn = phone.link === 'connected' || phone.link === 'connecting';
  return (
    <div className={classes['card']}>
      <div className={classes['head']}>
        <p className={classes['state']} role="status">
          <span className={classes['dot']} data-link={phone.link} aria-hidden="true" />
          {t(`phone.link.${phone.link}`)}
        </p>
        <Button
          size="xs"
          variant={isOn ? 'default' : 'filled'}
          onClick={() => (isOn ? disconnectPhone({ forget: true }) : void connectPhone(personId))}
        >
          {t(buttonOf(phone))}
        </Button>
      </div>
      {phone.problem && (
        <Alert color="red" p="xs">
          {t(`errors.${phone.problem}`)}
        </Alert>
      )}
      {phone.link === 'elsewhere' && <p className={classes['hint']}>{t('phone.elsewhereHint')}</p>}
      {mute && (
        <Alert color="yellow" p="xs">
          {t(`phone.${mute}`)} {t('phone.stillHears')} {mute === 'insecure' && t('phone.insecureHow')}
        </Alert>
      )}
      {phone.noSound && (
        <Alert color="red" p="xs" role="alert" data-no-sound={phone.noSound}>
          {t(`phone.noSound.${phone.noSound}`)}
        </Alert>
      )}
      {phone.needsClick && (
        <Button size="xs" onClick={playNow}>
          {t('phone.needsClick')}
        </Button>
      )}
      <CallControls />
      {phone.quality && (
        <p className={classes['quality']} data-quality={phone.quality} role="status">
          {t('phone.network')} <strong>{t(`phone.quality.${phone.quality}`)}</strong>
        </p>
      )}
      {isOn && <AudioSettings />}
    </div>
  );
}

function buttonOf({ link }: PhoneState) {
  if (link === 'connected' || link === 'connecting') return 'phone.disconnect';
  return link === 'elsewhere' ? 'phone.useHere' : 'phone.connect';
}
