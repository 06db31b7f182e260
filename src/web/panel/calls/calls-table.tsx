import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { Call } from '../../../contract/calls.ts';
import { Plain } from '../../shared/text/plain.tsx';
import { Who } from '../../shared/text/who.tsx';
import { formatTimer } from '../../shared/time/duration.ts';
import { dateFormat } from '../../shared/time/locale.ts';
import { DirectionIcon } from '../live/direction-icon.tsx';
import { QueueName } from '../live/queue-name.tsx';
import { CallStateChip } from './call-state-chip.tsx';
import classes from './calls-page.module.css';
import { otherParty } from './party.ts';

const columns = [
  ['start', 136],
  ['customer', null],
  ['queue', 114],
  ['agent', 130],
  ['state', 146],
  ['reason', 168],
  ['wait', 72],
  ['talk', 112],
] as const;

export function CallsTable({ items, search }: { items: readonly Call[]; search: string }) {
  const { t } = useTranslation();
  if (items.length === 0) return <p className={classes['none']}>{t('calls.empty')}</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className={classes['wrap']} tabIndex={0} aria-label={t('calls.title')}>
      <table className={classes['table']}>
        <thead>
          <tr>
            {columns.map(([column, width]) => (
              <th
                key={column}
                scope="col"
                style={width ? { width } : undefined}
                className={column === 'wait' || column === 'talk' ? classes['num'] : undefined}
              >
                {t(`calls.columns.${column}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {items.map((call) => (
            <CallRow key={call.id} call={call} search={search} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

const CallRow = memo(function CallRow({ call, search }: { call: Call; search: string }) {
  const { t, i18n } = useTranslation();
  const start = dateFormat(i18n.language, {
    day: '2-digit',
    month: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  }).format(new Date(call.startedAt));
  return (
    <tr>
      <td>
        <Link
          to={{ pathname: `/calls/${call.id}`, search }}
          className={classes['open']}
          aria-label={t('calls.open', { time: start })}
        >
          {start}
        </Link>
      </td>
      <td>
        <span className={classes['other']}>
          <DirectionIcon direction={call.direction} />
          <Who who={otherParty(call)} stacked />
        </span>
      </td>
      <td>{call.queue && <QueueName pbx={call.pbx} id={call.queue} />}</td>
      <td>{call.agent && <Plain text={call.agent.name} />}</td>
      <td>
        <CallStateChip state={call.state} />
      </td>
      <td className={classes['reason']}>{call.reason && t(`reason.${call.reason}`)}</td>
      <td className={classes['num']}>{formatTimer(call.waitMs)}</td>
      <td className={classes['num']}>{call.talkMs > 0 ? formatTimer(call.talkMs) : '—'}</td>
    </tr>
  );
});
