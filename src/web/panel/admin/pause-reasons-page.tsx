import { ActionIcon, Alert, Button, Group, NumberInput, Stack, Text, TextInput } from '@mantine/core';
import { IconArrowDown, IconArrowUp, IconPlus, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import {
  type PauseReason,
  type PauseReasons,
  pauseMinutesMax,
  pauseReasonLengthMax,
  pauseReasonsMax,
} from '../../../contract/agent-page.ts';
import { request } from '../../shared/http/request.ts';
import { useResource } from '../../shared/http/use-resource.ts';
import { notifyDone } from '../../shared/shell/notify.ts';
import { PageHead } from '../shell/page-head.tsx';
import classes from './admin.module.css';
import { LoadProblem } from './load-problem.tsx';
import { useSaving } from './use-saving.ts';

const path = '/api/pause-reasons';

/** What an agent may be paused for, in the order it is offered, and from when on that is too long. */
export default function PauseReasonsPage() {
  const { t } = useTranslation();
  const reasons = useResource((signal) => request<PauseReasons>(path, { signal }), [path]);
  return (
    <div className={classes['page']}>
      <PageHead title={t('pauses.title')} hint={t('pauses.hint')} />
      <LoadProblem of={reasons} />
      {reasons.value && <ReasonsForm first={reasons.value.items} />}
    </div>
  );
}

/** A line has no name but its place until it is saved: `key` is its own. */
type Line = PauseReason & { key: number };

function ReasonsForm({ first }: { first: readonly PauseReason[] }) {
  const { t } = useTranslation();
  const [lines, setLines] = useState<readonly Line[]>(() => first.map((one, key) => ({ ...one, key })));
  const { busy, complaint, submit } = useSaving(async () => {
    const items = lines.map(({ name, overMinutes }) => ({ name: name.trim(), overMinutes }));
    if (new Set(items.map(({ name }) => name)).size < items.length) return t('pauses.twice');
    await request(path, { method: 'PUT', json: { items } satisfies PauseReasons });
    notifyDone(t('pauses.saved'));
    return undefined;
  });
  const put = (key: number, part: Partial<PauseReason>) =>
    setLines(lines.map((one) => (one.key === key ? { ...one, ...part } : one)));
  const add = () =>
    setLines([
      ...lines,
      { key: Math.max(-1, ...lines.map(({ key }) => key)) + 1, name: '', overMinutes: null },
    ]);

  return (
    <form onSubmit={submit}>
      <fieldset className={classes['set']}>
        <legend>{t('pauses.list')}</legend>
        <Stack gap="sm" maw={680}>
          {lines.length === 0 && (
            <Text size="sm" c="dimmed">
              {t('pauses.none')}
            </Text>
          )}
          {lines.map((line, index) => (
            <ReasonLine
              key={line.key}
              line={line}
              index={index}
              onChange={(part) => put(line.key, part)}
              onRemove={() => setLines(lines.filter(({ key }) => key !== line.key))}
              onMove={(by) => setLines(moved(lines, index, by))}
              isLast={index === lines.length - 1}
            />
          ))}
          {complaint && (
            <Alert color="red" role="alert">
              {complaint}
            </Alert>
          )}
          <Group>
            <Button
              type="button"
              variant="default"
              leftSection={<IconPlus size={15} />}
              disabled={lines.length >= pauseReasonsMax}
              onClick={add}
            >
              {t('pauses.add')}
            </Button>
            <Button type="submit" loading={busy}>
              {t('common.save')}
            </Button>
          </Group>
        </Stack>
      </fieldset>
    </form>
  );
}

interface ReasonLineProps {
  line: Line;
  index: number;
  isLast: boolean;
  onChange(part: Partial<PauseReason>): void;
  onRemove(): void;
  onMove(by: -1 | 1): void;
}

function ReasonLine({ line, index, isLast, onChange, onRemove, onMove }: ReasonLineProps) {
  const { t } = useTranslation();
  const number = index + 1;
  const act = { variant: 'default', size: 36, type: 'button' } as const;
  return (
    <Group align="flex-end" gap={6} wrap="nowrap" data-reason>
      <TextInput
        label={t('pauses.name', { number })}
        value={line.name}
        onChange={(event) => onChange({ name: event.currentTarget.value })}
        maxLength={pauseReasonLengthMax}
        required
        withAsterisk={false}
        pattern=".*\S.*"
        flex={1}
      />
      <NumberInput
        label={t('pauses.overMinutes')}
        placeholder={t('alerts.settings.never')}
        min={1}
        max={pauseMinutesMax}
        clampBehavior="strict"
        allowDecimal={false}
        value={line.overMinutes ?? ''}
        onChange={(value) => onChange({ overMinutes: value === '' ? null : Number(value) || 1 })}
        w={200}
      />
      <ActionIcon
        {...act}
        aria-label={t('pauses.up', { number })}
        disabled={index === 0}
        onClick={() => onMove(-1)}
      >
        <IconArrowUp size={16} aria-hidden="true" />
      </ActionIcon>
      <ActionIcon
        {...act}
        aria-label={t('pauses.down', { number })}
        disabled={isLast}
        onClick={() => onMove(1)}
      >
        <IconArrowDown size={16} aria-hidden="true" />
      </ActionIcon>
      <ActionIcon {...act} aria-label={t('pauses.remove', { number })} onClick={onRemove}>
        <IconTrash size={16} aria-hidden="true" />
      </ActionIcon>
    </Group>
  );
}

function moved(lines: readonly Line[], from: number, by: -1 | 1): readonly Line[] {
  const next = [...lines];
  const [line] = next.splice(from, 1);
  if (line) next.splice(from + by, 0, line);
  return next;
}
