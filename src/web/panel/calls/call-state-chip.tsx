import {
  IconAlertCircle,
  IconCheck,
  IconPhone,
  IconPhoneOff,
  IconPhoneRinging,
  IconPhoneX,
  type TablerIcon,
} from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { AgentState } from '../../../contract/agents.ts';
import type { CallState } from '../../../contract/calls.ts';
import classes from './calls-page.module.css';

/** Icon, and the colour pair of an agent state that means about the same. */
const looks: Record<CallState, [TablerIcon, AgentState]> = {
  'in-progress': [IconPhone, 'on-call'],
  answered: [IconCheck, 'available'],
  missed: [IconPhoneRinging, 'ringing'],
  abandoned: [IconPhoneX, 'paused'],
  busy: [IconPhoneOff, 'offline'],
  failed: [IconAlertCircle, 'wrap-up'],
};
export const callStatesInOrder = Object.keys(looks) as CallState[];

export function CallStateChip({ state }: { state: CallState }) {
  const { t } = useTranslation();
  const [Icon, colour] = looks[state];
  return (
    <span className={classes['chip']} data-state={colour}>
      <Icon size={14} aria-hidden="true" />
      {t(`callState.${state}`)}
    </span>
  );
}
