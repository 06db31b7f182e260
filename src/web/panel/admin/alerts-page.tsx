import { Alert, Button, Group, NumberInput, Select, Stack } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type AlertThresholds, defaultThresholds, type QueueThresholds } from '../../../contract/alerts.ts';
import { isAboutQueue, type Queue } from '../../../contract/queues.ts';
import { request } from '../../shared/http/request.ts';
import { useResource } from '../../shared/http/use-resource.ts';
import { notifyDone } from '../../shared/shell/notify.ts';
import { queueOption, useManyPbxs } from '../live/many-pbxs.ts';
import { PageHead } from '../shell/page-head.tsx';
import classes from './admin.module.css';
import { LoadProblem } from './load-problem.tsx';
import { useSaving } from './use-saving.ts';

const path = '/api/alert-thresholds';

/** From when on the panel alerts: for every agent, for every queue, and for queues that are exceptions. */
export default function AlertsPage() {
  const { t } = useTranslation();
  const thresholds = useResource((signal) => request<AlertThresholds>(path, { signal }), [path]);
  return (
    <div className={classes['page']}>
      <PageHead title={t('alerts.settings.title')} hint={t('alerts.settings.hint')} />
      <LoadProblem of={thresholds} />
      {thresholds.value && <ThresholdsForm first={thresholds.value} />}
    </div>
  );
}

type Exception = AlertThresholds['exceptions'][number];

function ThresholdsForm({ first }: { first: AlertThresholds }) {
  const { t } = useTranslation();
  const [now, setNow] = useState(first);
  const queues = useResource((signal) => request<{ items: Queue[] }>('/api/queues', { signal }), ['queues']);
  const manyPbxs = useManyPbxs();
  const others = (queues.value?.items ?? []).filter(
    ({ pbx, id }) => !now.exceptions.some(({ queue }) => isAboutQueue(queue, pbx, id)),
  );

  const nameOf = (given: string): string => {
    const queue = queues.value?.items.find(({ pbx, id }) => isAboutQueue(given, pbx, id));
    if (!queue) return given;
    return given === queue.id ? queue.name : queueOption(queue, manyPbxs).label;
  };

  const { busy, complaint, submit } = useSaving(async () => {
    setNow(await request<AlertThresholds>(path, { method: 'PUT', json: now }));
    notifyDone(t('alerts.settings.saved'));
    return undefined;
  });
  const setException = (queue: string, part: Partial<QueueThresholds>) =>
    setNow({
      ...now,
      exceptions: now.exceptions.map((one): Exception => (one.queue === queue ? { ...one, ...part } : one)),
    });

  return (
    <form onSubmit={submit}>
      <Stack gap="lg" maw={760}>
        <fieldset className={classes['set']}>
          <legend>{t('alerts.settings.agents')}</legend>
          <Group grow align="flex-end">
            {(['pausedMs', 'wrapUpMs', 'onCallMs'] as const).map((field) => (
              <Minutes
                key={field}
                label={t(`alerts.settings.${field}`)}
                ms={now.agents[field]}
                onChange={(ms) => setNow({ ...now, agents: { ...now.agents, [field]: ms } })}
              />
            ))}
          </Group>
        </fieldset>
        <QueueLimits
          legend={t('alerts.settings.everyQueue')}
          limits={now.queue}
          onChange={(part) => setNow({ ...now, queue: { ...now.queue, ...part } })}
        />
        {now.exceptions.map(({ queue, ...limits }) => (
          <QueueLimits
            key={queue}
            legend={nameOf(queue)}
            limits={limits}
            onChange={(part) => setException(queue, part)}
            onRemove={() =>
              setNow({ ...now, exceptions: now.exceptions.filter((one) => one.queue !== queue) })
            }
          />
        ))}
        {others.length > 0 && (
          <Select
            label={t('alerts.settings.addException')}
            placeholder={t('alerts.settings.chooseQueue')}
            data={others.map((queue) => queueOption(queue, manyPbxs))}
            value={null}
            onChange={(queue) =>
              queue && setNow({ ...now, exceptions: [...now.exceptions, { queue, ...now.queue }] })
            }
            searchable
            maw={320}
          />
        )}
        {complaint && (
          <Alert color="red" role="alert">
            {complaint}
          </Alert>
        )}
        <Group>
          <Button type="submit" loading={busy}>
            {t('common.save')}
          </Button>
          <Button type="button" variant="default" onClick={() => setNow(defaultThresholds)}>
            {t('alerts.settings.defaults')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function QueueLimits(props: {
  legend: string;
  limits: QueueThresholds;
  onChange(part: Partial<QueueThresholds>): void;
  onRemove?(): void;
}) {
  const { t } = useTranslation();
  const { limits, onChange } = props;
  return (
    <fieldset className={classes['set']}>
      <legend>
        <bdi>{props.legend.slice(0, 120)}</bdi>
      </legend>
      <Group grow align="flex-end">
        <Whole
          label={t('alerts.settings.longestWait')}
          value={limits.longestWaitMs === null ? null : limits.longestWaitMs / 1000}
          max={86_400}
          onChange={(seconds) => onChange({ longestWaitMs: seconds === null ? null : seconds * 1000 })}
        />
        <Whole
          label={t('alerts.settings.waiting')}
          value={limits.waiting}
          max={10_000}
          onChange={(waiting) => onChange({ waiting })}
        />
        <Whole
          label={t('alerts.settings.agentsFreeMin')}
          value={limits.agentsFreeMin}
          max={10_000}
          onChange={(agentsFreeMin) => onChange({ agentsFreeMin })}
        />
        {props.onRemove && (
          <Button type="button" variant="default" onClick={props.onRemove} style={{ flexGrow: 0 }}>
            {t('alerts.settings.remove')}
          </Button>
        )}
      </Group>
    </fieldset>
  );
}

function Minutes(props: { label: string; ms: number | null; onChange(ms: number | null): void }) {
  return (
    <Whole
      label={props.label}
      value={props.ms === null ? null : Math.round(props.ms / 60_000)}
      max={1_440}
      onChange={(minutes) => props.onChange(minutes === null ? null : minutes * 60_000)}
    />
  );
}

/** Empty is no alert. */
function Whole(props: {
  label: string;
  value: number | null;
  max: number;
  onChange(value: number | null): void;
}) {
  const { t } = useTranslation();
  return (
    <NumberInput
      label={props.label}
      placeholder={t('alerts.settings.never')}
      min={1}
      max={props.max}
      allowDecimal={false}
      value={props.value ?? ''}
      onChange={(value) => props.onChange(value === '' ? null : Number(value) || 1)}
    />
  );
}
