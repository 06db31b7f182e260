import { Alert, Button, Group, SegmentedControl, Stack, Text } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Agent } from '../../../contract/agents.ts';
import type { AudioMode, Scope, Supervision } from '../../../contract/supervisions.ts';
import { useMe } from '../../shared/session/session-store.ts';
import { isAudioMode } from './audio-modes.ts';
import { DeviceChoice } from './device-choice.tsx';
import { actionsInOrder } from './mode-look.tsx';
import { useReasonPolicy } from './policy-store.ts';
import { type Prompt, promptStore } from './prompt-store.ts';
import { ReasonField } from './reason-field.tsx';
import { recentReasons, rememberReason } from './recent-reasons.ts';
import { rememberDevice, usualDevice } from './usual-device.ts';
import { startSupervision } from './verbs.ts';

const offeredMax = 8;

/** How, for how long, why and with which phone. The last reason is there already, so one Enter is enough. */
export function ReasonForm({ agent, asked, close }: { agent: Agent; asked: Prompt; close: () => void }) {
  const { t } = useTranslation();
  const { person } = useMe();
  const policy = useReasonPolicy();
  const recent = recentReasons(person.id);
  const [reason, setReason] = useState(recent[0] ?? '');
  const [picked, setPicked] = useState<Supervision['device'] | null>(null);
  const [wrong, setWrong] = useState(false);
  const { modes, scopes } = useOffered(agent, asked);
  const mode = modes.includes(asked.mode) ? asked.mode : modes[0];
  const scope = scopes.includes(asked.scope) ? asked.scope : scopes[0];
  const device = picked ?? usualDevice();
  const own = recent.filter((one) => one !== reason && !policy.reasons.includes(one));
  const offered = policy.reasonsOnly ? policy.reasons : [...policy.reasons, ...own].slice(0, offeredMax);

  function start(event: FormEvent) {
    event.preventDefault();
    const text = reason.trim();
    const isListed = !policy.reasonsOnly || policy.reasons.includes(text);
    if ((text === '' && policy.reasonRequired) || (text !== '' && !isListed)) return setWrong(true);
    if (!mode || !scope) return;
    if (text !== '') rememberReason(person.id, text);
    if (picked) rememberDevice(person.id, picked);
    close();
    void startSupervision(agent, { mode, scope, reason: text, device });
  }

  return (
    <form onSubmit={start}>
      <Stack gap="sm">
        {scopes.length > 1 && scope && (
          <SegmentedControl
            fullWidth
            size="xs"
            aria-label={t('start.scope')}
            value={scope}
            onChange={(value) => promptStore.set({ ...asked, scope: value as Scope })}
            data={scopes.map((value) => ({ value, label: t(`start.scopes.${value}`) }))}
          />
        )}
        {modes.length > 1 && mode && (
          <SegmentedControl
            fullWidth
            size="xs"
            aria-label={t('bar.mode')}
            value={mode}
            onChange={(value) => promptStore.set({ ...asked, mode: value as AudioMode })}
            data={modes.map((value) => ({ value, label: t(`mode.${value}`) }))}
          />
        )}
        {mode && scope ? (
          <Text size="sm">
            {t(`modeHint.${mode}`)} {scope === 'agent' && t('start.follows')}
          </Text>
        ) : (
          <Alert color="yellow">{t('start.gone')}</Alert>
        )}
        <ReasonField
          value={reason}
          onChange={(text) => {
            setReason(text);
            setWrong(false);
          }}
          offered={offered}
          only={policy.reasonsOnly}
          required={policy.reasonRequired}
          wrong={wrong}
        />
        <DeviceChoice value={device} onChange={setPicked} />
        <Group justify="flex-end" gap="xs">
          <Button type="button" variant="default" onClick={close}>
            {t('common.cancel')}
          </Button>
          <Button type="submit" disabled={!mode || !scope}>
            {t(`mode.${mode ?? 'listen'}`)}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** One call: what may be done now. The agent, from call to call: what the viewer has the right to. */
function useOffered(agent: Agent, { scope }: Prompt): { modes: AudioMode[]; scopes: Scope[] } {
  const { permissions } = useMe();
  const now = agent.mayDo.filter(isAudioMode);
  const scopes: Scope[] = [];
  if (now.length > 0) scopes.push('call');
  if (agent.mayDo.includes('listen-persistent')) scopes.push('agent');
  const follows = scope === 'agent' && scopes.includes('agent');
  const granted = actionsInOrder.filter((mode) => permissions.includes(`supervision.${mode}`));
  return { modes: follows ? granted : now, scopes };
}
