import { IconEye } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Agent } from '../../../contract/agents.ts';
import type { Mode } from '../../../contract/supervisions.ts';
import { useMe } from '../../shared/session/session-store.ts';
import classes from './agent-grid.module.css';

/** Who is listening to this agent now, and how. */
export function SupervisedBy({ agent }: { agent: Agent }) {
  const { t, i18n } = useTranslation();
  const me = useMe().person.id;
  const [first, ...others] = agent.supervisions;
  if (!first) return null;
  const word = (mode: string) => (i18n.exists(`modeNow.${mode}`) ? t(`modeNow.${mode as Mode}`) : mode);
  const say = (one: typeof first) =>
    one.by.id === me
      ? t('live.supervisedByMe', { mode: word(one.mode) })
      : t('live.supervisedBy', { name: one.by.name.slice(0, 100), mode: word(one.mode) });
  return (
    <span
      className={classes['eyes']}
      data-me={first.by.id === me || undefined}
      title={agent.supervisions.map(say).join('\n')}
    >
      <IconEye size={15} aria-hidden="true" />
      <bdi className={classes['said']}>{say(first)}</bdi>
      {others.length > 0 && <span className={classes['more']}>+{others.length}</span>}
    </span>
  );
}
