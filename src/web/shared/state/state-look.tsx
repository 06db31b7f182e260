import {
  IconBell,
  IconCircleCheck,
  IconCoffee,
  IconPencil,
  IconPhone,
  IconPhonePause,
  IconPower,
  type TablerIcon,
} from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { AgentState } from '../../../contract/agents.ts';
import classes from './state-look.module.css';

/** Each state has its own shape, colour and word: none of the three is needed to tell them apart. */
export const stateIcons: Record<AgentState, TablerIcon> = {
  'on-call': IconPhone,
  'on-hold': IconPhonePause,
  ringing: IconBell,
  'wrap-up': IconPencil,
  available: IconCircleCheck,
  paused: IconCoffee,
  offline: IconPower,
};
export const statesInOrder = Object.keys(stateIcons) as AgentState[];

export function StateBadge({ state, detail }: { state: AgentState; detail?: string | null | undefined }) {
  const { t } = useTranslation();
  const Icon = stateIcons[state];
  return (
    <span
      className={classes['badge']}
      data-state={state}
      title={detail ? `${t(`state.${state}`)} · ${detail.slice(0, 300)}` : undefined}
    >
      <Icon size={15} stroke={2} aria-hidden="true" />
      <span className={classes['word']}>{t(`state.${state}`)}</span>
      {detail ? <bdi className={classes['detail']}>{detail.slice(0, 300)}</bdi> : null}
    </span>
  );
}
