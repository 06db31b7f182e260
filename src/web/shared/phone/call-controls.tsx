import { ActionIcon, Button, TextInput } from '@mantine/core';
import {
  IconDialpad,
  IconMicrophone,
  IconMicrophoneOff,
  IconPhone,
  IconPhoneOff,
  IconPlayerPause,
  IconPlayerPlay,
} from '@tabler/icons-react';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Since } from '../time/since.tsx';
import classes from './phone.module.css';
import { answerCall, dial, hangUpCall, holdCall, muteCall, sendDigits } from './phone.ts';
import { type PhoneCallView, usePhone, whyMute } from './phone-state.ts';

/** The call this phone is in, and what can be done with it; without one, a number to dial where that is allowed. */
export function CallControls() {
  const { call, mayCall, link } = usePhone();
  if (call) return call.kind === 'supervision' ? <OwnLeg call={call} /> : <PersonsCall call={call} />;
  return mayCall && link === 'connected' ? <Dial /> : null;
}

/** A supervision's leg is steered by the supervision; here it says whether one is heard. */
function OwnLeg({ call }: { call: PhoneCallView }) {
  const { t } = useTranslation();
  const Icon = call.speaks ? IconMicrophone : IconMicrophoneOff;
  return (
    <p className={classes['own']} data-speaks={call.speaks || undefined} role="status">
      <Icon size={17} aria-hidden="true" /> {t(call.speaks ? 'phone.speaks' : 'phone.onlyListens')}
    </p>
  );
}

function PersonsCall({ call }: { call: PhoneCallView }) {
  const { t } = useTranslation();
  const [keys, setKeys] = useState(false);
  const isUp = call.state === 'talking' || call.state === 'held';
  return (
    <section className={classes['call']} aria-label={t(`phone.call.${call.state}`)}>
      <p className={classes['who']} role="status">
        <span>{t(`phone.call.${call.state}`)}</span>
        <bdi className={classes['name']}>{call.from.name || call.from.number || t('common.anonymous')}</bdi>
        {call.from.name && <bdi className={classes['number']}>{call.from.number}</bdi>}
        {isUp && <Since at={call.since} />}
      </p>
      <div className={classes['buttons']}>
        {call.state === 'ringing' && (
          <Button size="xs" leftSection={<IconPhone size={15} />} onClick={answerCall}>
            {t('phone.answer')}
          </Button>
        )}
        {isUp && <UpButtons call={call} keys={keys} onKeys={() => setKeys(!keys)} />}
        <Button size="xs" color="red.9" leftSection={<IconPhoneOff size={15} />} onClick={hangUpCall}>
          {t(call.state === 'ringing' ? 'phone.decline' : 'phone.hangUp')}
        </Button>
      </div>
      {keys && isUp && <Keypad />}
    </section>
  );
}

function UpButtons({ call, keys, onKeys }: { call: PhoneCallView; keys: boolean; onKeys: () => void }) {
  const { t } = useTranslation();
  const phone = usePhone();
  const mute = whyMute(phone);
  const isHeld = call.state === 'held';
  const Mute = call.muted ? IconMicrophoneOff : IconMicrophone;
  const Hold = isHeld ? IconPlayerPlay : IconPlayerPause;
  const words = {
    mute: mute ? t(`phone.${mute}`) : t(call.muted ? 'phone.unmute' : 'phone.mute'),
    hold: t(isHeld ? 'phone.unhold' : 'phone.hold'),
  };
  return (
    <>
      <ActionIcon
        variant="default"
        size={30}
        aria-label={words.mute}
        title={words.mute}
        aria-pressed={call.muted}
        disabled={mute !== null}
        onClick={() => muteCall(!call.muted)}
      >
        <Mute size={17} />
      </ActionIcon>
      <ActionIcon
        variant="default"
        size={30}
        aria-label={words.hold}
        title={words.hold}
        aria-pressed={isHeld}
        onClick={() => holdCall(!isHeld)}
      >
        <Hold size={17} />
      </ActionIcon>
      <ActionIcon
        variant="default"
        size={30}
        aria-label={t('phone.keys')}
        title={t('phone.keys')}
        aria-expanded={keys}
        onClick={onKeys}
      >
        <IconDialpad size={17} />
      </ActionIcon>
    </>
  );
}

const keypad = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'];

function Keypad() {
  const { t } = useTranslation();
  return (
    <fieldset className={classes['keys']} aria-label={t('phone.keys')}>
      {keypad.map((key) => (
        <Button key={key} size="compact-sm" variant="default" onClick={() => sendDigits(key)}>
          {key}
        </Button>
      ))}
    </fieldset>
  );
}

const numberLengthMax = 40;

function Dial() {
  const { t } = useTranslation();
  const [number, setNumber] = useState('');
  function call(event: FormEvent) {
    event.preventDefault();
    const digits = number.replace(/[^0-9+*#A-Za-z_-]/g, '');
    if (digits !== '') void dial(digits);
  }
  return (
    <form className={classes['dial']} onSubmit={call}>
      <TextInput
        size="xs"
        aria-label={t('phone.number')}
        placeholder={t('phone.number')}
        value={number}
        maxLength={numberLengthMax}
        onChange={(event) => setNumber(event.currentTarget.value)}
        autoComplete="off"
        inputMode="tel"
      />
      <Button type="submit" size="xs" leftSection={<IconPhone size={15} />}>
        {t('phone.dial')}
      </Button>
    </form>
  );
}
