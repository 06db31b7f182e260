import { IconEar } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { OutsideListening } from '../../../contract/outside-listenings.ts';
import classes from './agent-grid.module.css';
import { board, useRows } from './live.ts';

/** Who listens to this agent without Vigie: by the PBX itself, or by another program. */
export function HeardOutside({ agentId }: { agentId: string }) {
  const { t } = useTranslation();
  const [first, ...others] = useRows(board.outsideListenings).filter(({ agent }) => agent?.id === agentId);
  if (!first) return null;
  const say = (one: OutsideListening) =>
    t('live.heardOutside', { name: (one.by?.name ?? one.listener).slice(0, 100) });
  return (
    <span className={classes['eyes']} data-outside title={[first, ...others].map(say).join('\n')}>
      <IconEar size={15} aria-hidden="true" />
      <bdi className={classes['said']}>{say(first)}</bdi>
      {others.length > 0 && <span className={classes['more']}>+{others.length}</span>}
    </span>
  );
}
