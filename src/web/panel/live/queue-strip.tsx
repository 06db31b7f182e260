import { useTranslation } from 'react-i18next';
import { queueKey } from '../../../contract/queues.ts';
import { board, useRows } from './live.ts';
import { QueueCard } from './queue-card.tsx';
import classes from './queue-strip.module.css';

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

export function QueueStrip() {
  const { t } = useTranslation();
  const queues = useRows(board.queues);
  if (queues.length === 0) return <p className={classes['none']}>{t('queue.empty')}</p>;
  const inOrder = [...queues].sort(
    (a, b) => collator.compare(a.name, b.name) || collator.compare(a.pbx, b.pbx),
  );
  return (
    <ul className={classes['strip']} aria-label={t('live.queues')}>
      {inOrder.map(({ pbx, id }) => (
        <QueueCard key={queueKey(pbx, id)} rowKey={queueKey(pbx, id)} />
      ))}
    </ul>
  );
}
