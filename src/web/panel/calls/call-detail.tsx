import { useTranslation } from 'react-i18next';
import type { Call } from '../../../contract/calls.ts';
import { formatTimer } from '../../shared/time/duration.ts';
import { dateFormat } from '../../shared/time/locale.ts';
import { CallMessages } from '../chat/call-messages.tsx';
import { CallEvaluations } from '../evaluations/call-evaluations.tsx';
import { DirectionIcon } from '../live/direction-icon.tsx';
import classes from './call-detail.module.css';
import { CallFacts } from './call-facts.tsx';
import { CallLegs } from './call-legs.tsx';
import { CallMarks } from './call-marks.tsx';
import { CallStateChip } from './call-state-chip.tsx';
import { CallTimeline } from './call-timeline.tsx';
import { otherParty, partyText } from './party.ts';

/** Everything the record holds: what happened, how long, who, and the raw causes. */
export function CallDetail({ call }: { call: Call }) {
  const { t, i18n } = useTranslation();
  const durations = [
    ['menu', call.menuMs],
    ['wait', call.waitMs],
    ['ring', call.ringMs],
    ['talk', call.talkMs],
    ['hold', call.holdMs],
  ] as const;
  return (
    <div className={classes['detail']}>
      <div className={classes['head']}>
        <h2 className={classes['who']}>
          <DirectionIcon direction={call.direction} />
          <bdi>{partyText(otherParty(call), t('common.anonymous')).slice(0, 300)}</bdi>
        </h2>
        <p className={classes['when']}>
          {dateFormat(i18n.language, { dateStyle: 'full', timeStyle: 'medium' }).format(
            new Date(call.startedAt),
          )}
        </p>
        <p className={classes['result']}>
          <CallStateChip state={call.state} /> {call.reason && t(`reason.${call.reason}`)}
        </p>
      </div>
      <dl className={classes['durations']} aria-label={t('call.durations')}>
        {durations.map(([name, ms]) => (
          <div key={name} data-dim={name === 'ring' || undefined}>
            <dt>{t(`call.${name}`)}</dt>
            <dd>{formatTimer(ms)}</dd>
          </div>
        ))}
      </dl>
      <CallMarks marks={call.marks} />
      <CallTimeline call={call} />
      <CallEvaluations call={call} />
      <CallMessages callId={call.id} />
      <CallFacts call={call} />
      <CallLegs legs={call.legs} />
    </div>
  );
}
