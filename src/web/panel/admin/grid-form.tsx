import { Alert, Button, Group, NumberInput, Stack, TextInput } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Criterion, criteriaMax, type Grid, markMax, weightMax } from '../../../contract/evaluations.ts';
import { request } from '../../shared/http/request.ts';
import { useResource } from '../../shared/http/use-resource.ts';
import { notifyDone } from '../../shared/shell/notify.ts';
import classes from './admin.module.css';
import { useSaving } from './use-saving.ts';

const path = '/api/evaluation-grid';

/** The criteria that are marked after listening. */
export function GridForm({ readOnly }: { readOnly: boolean }) {
  const grid = useResource((signal) => request<Grid>(path, { signal }), [path]);
  if (!grid.value) return null;
  return <Fields key={grid.value.version} grid={grid.value} readOnly={readOnly} onSaved={grid.reload} />;
}

interface FieldsProps {
  grid: Grid;
  readOnly: boolean;
  onSaved(): void;
}

function Fields({ grid, readOnly, onSaved }: FieldsProps) {
  const { t } = useTranslation();
  const [criteria, setCriteria] = useState(grid.criteria);
  const put = (index: number, part: Partial<Criterion>) =>
    setCriteria(criteria.map((one, i) => (i === index ? { ...one, ...part } : one)));

  const { busy, complaint, submit } = useSaving(async () => {
    if (criteria.length === 0) return t('evaluations.grid.needed');
    const headers = { 'if-match': `"${grid.version}"` };
    await request(path, { method: 'PUT', json: { criteria }, headers });
    notifyDone(t('evaluations.grid.saved'));
    onSaved();
    return undefined;
  });

  return (
    <form onSubmit={submit}>
      <fieldset className={classes['set']} disabled={readOnly}>
        <legend>{t('evaluations.grid.title')}</legend>
        <p className={classes['told']}>
          {t('evaluations.grid.hint')}{' '}
          {grid.version > 0 && t('evaluations.grid.version', { version: grid.version })}
        </p>
        <Stack gap="sm">
          {criteria.map(({ id, label, max, weight }, index) => (
            <Group key={id} align="flex-end" gap="sm">
              <TextInput
                label={t('evaluations.grid.label', { number: index + 1 })}
                value={label}
                onChange={(event) => put(index, { label: event.currentTarget.value })}
                maxLength={200}
                required
                pattern=".*\S.*"
                style={{ flex: '1 1 260px' }}
              />
              <NumberInput
                label={t('evaluations.grid.max')}
                min={1}
                max={markMax}
                clampBehavior="strict"
                allowDecimal={false}
                value={max}
                onChange={(value) => put(index, { max: Number(value) || 1 })}
                w={100}
              />
              <NumberInput
                label={t('evaluations.grid.weight')}
                min={1}
                max={weightMax}
                clampBehavior="strict"
                allowDecimal={false}
                value={weight}
                onChange={(value) => put(index, { weight: Number(value) || 1 })}
                w={100}
              />
              {!readOnly && (
                <Button
                  type="button"
                  variant="default"
                  aria-label={t('evaluations.grid.remove', { number: index + 1 })}
                  onClick={() => setCriteria(criteria.filter((_, i) => i !== index))}
                >
                  {t('alerts.settings.remove')}
                </Button>
              )}
            </Group>
          ))}
          {complaint && (
            <Alert color="red" role="alert">
              {complaint}
            </Alert>
          )}
          {!readOnly && (
            <Group>
              <Button
                type="button"
                variant="default"
                leftSection={<IconPlus size={15} />}
                disabled={criteria.length >= criteriaMax}
                onClick={() => setCriteria([...criteria, newCriterion()])}
              >
                {t('evaluations.grid.add')}
              </Button>
              <Button type="submit" loading={busy}>
                {t('common.save')}
              </Button>
            </Group>
          )}
        </Stack>
      </fieldset>
    </form>
  );
}

/** Its id tells it from all others of any version; only its words are read by people. */
const newCriterion = (): Criterion => ({
  id: Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join(''),
  label: '',
  max: 5,
  weight: 1,
});
