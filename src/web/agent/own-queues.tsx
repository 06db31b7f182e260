import { useTranslation } from 'react-i18next';
import type { OwnAgent } from '../../contract/agent-page.ts';
import { Plain } from '../shared/text/plain.tsx';
import { Card } from './card.tsx';
import classes from './own-queues.module.css';

/** The queues that give him calls; where he is paused, it is said. */
export function OwnQueues({ me }: { me: OwnAgent }) {
  const { t } = useTranslation();
  // Two phones in one queue are one queue to him: it calls him while one of them is free.
  const byName = new Map<string, boolean>();
  for (const { name, paused } of me.queues) byName.set(name, paused && (byName.get(name) ?? true));
  return (
    <Card title={t('agentPage.queues')}>
      {byName.size === 0 && <p className={classes['none']}>{t('agentPage.noQueue')}</p>}
      <ul className={classes['queues']}>
        {[...byName].map(([name, paused]) => (
          <li key={name} className={classes['queue']} data-paused={paused || undefined}>
            <Plain text={name} />
            {paused && <small> {t('control.paused')}</small>}
          </li>
        ))}
      </ul>
    </Card>
  );
}
