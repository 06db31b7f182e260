import { Button, Select } from '@mantine/core';
import { IconMicrophone, IconVolume } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { LevelMeter } from './level-meter.tsx';
import { chooseMicrophone, closeMicrophone, openMicrophone } from './microphone.ts';
import classes from './phone.module.css';
import { microphoneChanged } from './phone.ts';
import { readChoice } from './phone-choices.ts';
import { usePhone } from './phone-state.ts';
import { canChooseSpeaker, chooseSpeaker, playTestTone, useRemoteStream } from './speaker.ts';
import { useAudioDevices } from './use-audio-devices.ts';

/** Microphone and speaker: which, how loud, and whether they work. */
export function AudioSettings() {
  const { microphone } = usePhone();
  const devices = useAudioDevices(microphone);
  return (
    <div className={classes['audio']}>
      <Microphone devices={devices.microphones} />
      <Speaker devices={devices.speakers} />
    </div>
  );
}

/** As Mantine wants a list to choose from; the browser's own choice comes first. */
const optionsOf = (devices: MediaDeviceInfo[], usual: string) => [
  { value: '', label: usual },
  ...devices
    .filter(({ deviceId }) => deviceId !== 'default')
    .map(({ deviceId, label }) => ({ value: deviceId, label: label.slice(0, 80) })),
];

function Microphone({ devices }: { devices: MediaDeviceInfo[] }) {
  const { t } = useTranslation();
  const { call } = usePhone();
  const [chosen, setChosen] = useState(readChoice('microphone') ?? '');
  const [tested, setTested] = useState<MediaStream | null>(null);
  const inUse = call !== null;
  useEffect(() => {
    // A call has the microphone now, or the box was closed: a test left open would keep its light on.
    if (tested && !inUse) return closeMicrophone;
    return;
  }, [tested, inUse]);

  async function test() {
    if (tested) {
      setTested(null);
      return;
    }
    const track = await openMicrophone();
    setTested(track ? new MediaStream([track]) : null);
  }
  function choose(deviceId: string | null) {
    setChosen(deviceId ?? '');
    setTested(null);
    chooseMicrophone(deviceId || null);
    microphoneChanged();
  }
  return (
    <>
      <Select
        size="xs"
        label={t('phone.microphone')}
        leftSection={<IconMicrophone size={15} aria-hidden="true" />}
        data={optionsOf(devices, t('phone.usual'))}
        value={chosen}
        onChange={choose}
        allowDeselect={false}
        comboboxProps={{ withinPortal: false }}
      />
      <div className={classes['test']}>
        <LevelMeter stream={tested} label={t('phone.levelIn')} />
        <Button
          size="compact-xs"
          variant="default"
          aria-pressed={tested !== null}
          onClick={() => void test()}
        >
          {t(tested ? 'phone.stopTest' : 'phone.testMicrophone')}
        </Button>
      </div>
    </>
  );
}

function Speaker({ devices }: { devices: MediaDeviceInfo[] }) {
  const { t } = useTranslation();
  const remote = useRemoteStream();
  const [chosen, setChosen] = useState(readChoice('speaker') ?? '');
  return (
    <>
      {canChooseSpeaker() && (
        <Select
          size="xs"
          label={t('phone.speaker')}
          leftSection={<IconVolume size={15} aria-hidden="true" />}
          data={optionsOf(devices, t('phone.usual'))}
          value={chosen}
          onChange={(deviceId) => {
            setChosen(deviceId ?? '');
            void chooseSpeaker(deviceId || null);
          }}
          allowDeselect={false}
          comboboxProps={{ withinPortal: false }}
        />
      )}
      <div className={classes['test']}>
        <LevelMeter stream={remote} label={t('phone.levelOut')} />
        <Button size="compact-xs" variant="default" onClick={() => void playTestTone()}>
          {t('phone.testSpeaker')}
        </Button>
      </div>
    </>
  );
}
