import { IconArrowsExchange } from '@tabler/icons-react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { memo, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { Call } from '../../../contract/calls.ts';
import { may, useMe } from '../../shared/session/session-store.ts';
import { Plain } from '../../shared/text/plain.tsx';
import { Who } from '../../shared/text/who.tsx';
import { Since } from '../../shared/time/since.tsx';
import { CallMarkChip } from '../calls/call-marks.tsx';
import { askSendOn } from '../send-on/send-on-store.ts';
import { isWaiting } from '../send-on/targets.ts';
import classes from './calls-now.module.css';
import { DirectionIcon } from './direction-icon.tsx';
import { board, useRow } from './live.ts';
import { QueueName } from './queue-name.tsx';

const rowHeight = 56;
const refreshMs = 150;

/** Ids of calls in progress, those who wait first, then the oldest. Settles a few times a second. */
export function useCallsNow(): readonly string[] {
  const [ids, setIds] = useState<readonly string[]>(() => inOrder(board.calls.all()));
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const settle = () => {
      timer = undefined;
      const next = inOrder(board.calls.all());
      setIds((before) =>
        before.length === next.length && next.every((id, i) => id === before[i]) ? before : next,
      );
    };
    settle();
    const stop = board.calls.subscribeAny(() => {
      timer ??= setTimeout(settle, refreshMs);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, []);
  return ids;
}

function inOrder(calls: readonly Call[]): string[] {
  const waits = (call: Call) => (call.phase === 'queued' || call.phase === 'ringing' ? 0 : 1);
  return calls
    .filter(({ state }) => state === 'in-progress')
    .sort((a, b) => waits(a) - waits(b) || a.startedAt.localeCompare(b.startedAt))
    .map(({ id }) => id);
}

export function CallsNow({ calls }: { calls: readonly string[] }) {
  const { t } = useTranslation();
  const scroller = useRef<HTMLDivElement>(null);
  const virtualizer = useVirtualizer({
    count: calls.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 6,
  });
  if (calls.length === 0) return <p className={classes['none']}>{t('live.noCallsNow')}</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a list that scrolls must be reachable by keyboard
    <section ref={scroller} className={classes['scroller']} tabIndex={0} aria-label={t('live.callsNow')}>
      <ul className={classes['list']} style={{ height: virtualizer.getTotalSize() }}>
        {virtualizer.getVirtualItems().map(({ index, start }) => (
          <CallNow key={calls[index]} id={calls[index]!} top={start} />
        ))}
      </ul>
    </section>
  );
}

const CallNow = memo(function CallNow({ id, top }: { id: string; top: number }) {
  const { t } = useTranslation();
  const call = useRow(board.calls, id);
  if (!call) return null;
  const other = call.customer ?? (call.direction === 'outbound' ? call.callee : call.caller);
  const segment = call.segments.findLast(({ to }) => to === null);
  const visit = call.queueVisits.findLast(({ to }) => to === null);
  const since = segment?.from ?? visit?.from ?? call.startedAt;
  return (
    <li className={classes['call']} data-phase={call.phase} style={{ transform: `translateY(${top}px)` }}>
      <Link to={`/calls/${id}`} className={classes['link']}>
        <span className={classes['line']}>
          <DirectionIcon direction={call.direction} />
          <Who who={other} strong />
          <Since at={since} className={classes['since']} />
        </span>
        <span className={classes['line']}>
          <span className={classes['phase']}>{t(`phase.${call.phase}`)}</span>
          {call.queue && <QueueName pbx={call.pbx} id={call.queue} dim />}
          {call.agent && <Plain text={call.agent.name} />}
          <CallMarkChip marks={call.marks} />
        </span>
      </Link>
      {isWaiting(call) && <MoveButton call={call} />}
    </li>
  );
});

/** For who may, while he waits. */
function MoveButton({ call }: { call: Call }) {
  const { t } = useTranslation();
  if (!may(useMe(), 'calls.move')) return null;
  const who = call.caller.name ?? call.caller.number ?? t('common.anonymous');
  return (
    <button
      type="button"
      className={classes['move']}
      data-move
      aria-label={t('sendOn.move.openOf', { name: who.slice(0, 80) })}
      title={t('sendOn.move.openOf', { name: who.slice(0, 80) })}
      onClick={() => askSendOn({ what: 'move', callId: call.id })}
    >
      <IconArrowsExchange size={15} aria-hidden="true" />
      {t('sendOn.move.open')}
    </button>
  );
}
