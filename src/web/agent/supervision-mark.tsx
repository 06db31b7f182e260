import { IconEar, IconEye } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { OwnAgent, OwnSupervision } from '../../contract/agent-page.ts';
import classes from './supervision-mark.module.css';

/** Who hears him or sees his screen, as far as he is told: calm, never in his way. */
export function SupervisionMark({ me }: { me: OwnAgent }) {
  const { t } = useTranslation();
  const nameOf = (by: OwnSupervision['by']) => by?.name.slice(0, 100) ?? t('agentPage.aSupervisor');
  const lines = [
    ...me.supervisedBy.map(({ mode, by }) => t(`agentPage.by.${mode}`, { name: nameOf(by) })),
    ...me.screen.watchedBy.map((by) => t('agentPage.watches', { name: nameOf(by) })),
  ];
  const outside = me.heardOutside.map(({ by }) =>
    by === null ? t('agentPage.heardOutside') : t('agentPage.heardOutsideBy', { name: by.slice(0, 100) }),
  );
  return (
    <div role="status" className={classes['marks']}>
      {lines.map((line, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: two who are not named have the same words
        <p key={`${line} ${i}`} className={classes['mark']} data-supervised>
          <IconEye size={17} aria-hidden="true" /> <bdi>{line}</bdi>
        </p>
      ))}
      {outside.map((line, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: two who are not named have the same words
        <p key={`${line} ${i}`} className={classes['mark']} data-heard-outside>
          <IconEar size={17} aria-hidden="true" /> <bdi>{line}</bdi>
        </p>
      ))}
    </div>
  );
}
