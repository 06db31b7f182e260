import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Call, QueueVisit, Segment } from '../../../contract/calls.ts';
import type { Mode } from '../../../contract/supervisions.ts';
import { formatTimer } from '../../shared/time/duration.ts';
import { dateFormat } from '../../shared/time/locale.ts';
import { useQueueName } from '../live/queue-name.tsx';
import classes from './call-detail.module.css';
import { type Step, stepsOf } from './timeline.ts';

const colours = {
  start: 'offline',
  visit: 'ringing',
  segment: 'on-call',
  supervision: 'on-hold',
  end: 'offline',
};

export function CallTimeline({ call }: { call: Call }) {
  const { t, i18n } = useTranslation();
  const time = dateFormat(i18n.language, { timeStyle: 'medium' });
  return (
    <section aria-labelledby="call-timeline">
      <h3 id="call-timeline">{t('call.timeline')}</h3>
      <ol className={classes['timeline']}>
        {stepsOf(call).map((step) => (
          <li key={`${step.kind} ${step.at} ${keyOf(step)}`} className={classes['step']}>
            <time className={classes['time']} dateTime={step.at}>
              {time.format(new Date(step.at))}
            </time>
            <span className={classes['knot']} data-state={colours[step.kind]} aria-hidden="true" />
            <div>
              <StepText step={step} call={call} />
            </div>
          </li>
        ))}
      </ol>
    </section>
  );
}

function keyOf(step: Step): string {
  if (step.kind === 'visit') return step.visit.queue;
  if (step.kind === 'segment') return step.segment.device;
  return step.kind === 'supervision' ? step.supervision.id : '';
}

function StepText({ step, call }: { step: Step; call: Call }): ReactNode {
  const { t } = useTranslation();
  switch (step.kind) {
    case 'start':
      return (
        <>
          <b>{t(`direction.${call.direction}`)}</b>
          {call.dialled && (
            <small>
              {t('call.dialled')}
              {t('common.colon')}
              <bdi>{call.dialled.slice(0, 200)}</bdi>
            </small>
          )}
        </>
      );
    case 'visit':
      return <VisitText pbx={call.pbx} visit={step.visit} />;
    case 'segment':
      return <SegmentText segment={step.segment} />;
    case 'supervision': {
      const { by, mode, from, to } = step.supervision;
      return (
        <>
          <b>
            <bdi>{by.name.slice(0, 200)}</bdi> {t(`modeNow.${mode as Mode}`)}
          </b>
          <small>{to ? formatTimer(Date.parse(to) - Date.parse(from)) : t('call.inProgress')}</small>
        </>
      );
    }
    case 'end':
      return <b>{call.reason ? t(`reason.${call.reason}`) : t('phase.ended')}</b>;
    default:
      return step satisfies never;
  }
}

function VisitText({ pbx, visit }: { pbx: string; visit: QueueVisit }) {
  const { t } = useTranslation();
  const queue = useQueueName(pbx, visit.queue);
  const outcome = visit.outcome ? t(`queueOutcome.${visit.outcome}`) : t('call.inProgress');
  const length = visit.to ? `, ${formatTimer(Date.parse(visit.to) - Date.parse(visit.from))}` : '';
  return (
    <>
      <b>
        {t('live.queue')} <bdi title={visit.queue}>{queue.slice(0, 200)}</bdi>
      </b>
      <small>
        {outcome}
        {length}
        {visit.position !== null && ` · ${t('call.position', { position: visit.position })}`}
      </small>
      {visit.attempts.length > 0 && (
        <ul aria-label={t('call.attempts')}>
          {visit.attempts.map((attempt) => (
            <li key={`${attempt.device} ${attempt.from}`}>
              <bdi>{(attempt.agent?.name ?? attempt.device).slice(0, 200)}</bdi>
              {t('common.colon')}
              {attempt.outcome ? t(`attemptOutcome.${attempt.outcome}`) : t('phase.ringing')}
              {attempt.to && ` (${formatTimer(Date.parse(attempt.to) - Date.parse(attempt.from))})`}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function SegmentText({ segment }: { segment: Segment }) {
  const { t } = useTranslation();
  return (
    <>
      <b>
        <bdi>{(segment.agent?.name ?? t('call.unknownAgent')).slice(0, 200)}</bdi>
      </b>
      <small>
        <bdi>{segment.device}</bdi> · {t('call.talk')} {formatTimer(segment.talkMs)}
        {segment.holdMs > 0 && ` · ${t('call.hold')} ${formatTimer(segment.holdMs)}`}
        {` · ${segment.endedBecause ? t(`segmentEnd.${segment.endedBecause}`) : t('call.inProgress')}`}
      </small>
    </>
  );
}
