import { NumberInput, Select, Text, Textarea } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { NamedRef } from '../../../contract/common.ts';
import {
  commentLengthMax,
  type Evaluation,
  type EvaluationEdit,
  type Grid,
  type NewEvaluation,
} from '../../../contract/evaluations.ts';
import { request } from '../../shared/http/request.ts';
import { notifyDone } from '../../shared/shell/notify.ts';
import { SaveForm } from '../admin/form-modal.tsx';

interface EvaluationFormProps {
  callId: string;
  /** Those who talked in the call and may be evaluated. */
  agents: readonly NamedRef[];
  grid: Grid;
  /** Null: a new one. */
  evaluation: Evaluation | null;
  onClose(): void;
  onDone(): void;
}

export function EvaluationForm({ callId, agents, grid, evaluation, onClose, onDone }: EvaluationFormProps) {
  const { t } = useTranslation();
  const [agentId, setAgentId] = useState(evaluation?.agent.id ?? agents.at(-1)?.id ?? null);
  const [marks, setMarks] = useState<Record<string, number>>(evaluation?.marks ?? {});
  const [comment, setComment] = useState(evaluation?.comment ?? '');
  const criteria = evaluation?.criteria ?? grid.criteria;

  function setMark(id: string, value: string | number): void {
    const { [id]: _before, ...others } = marks;
    setMarks(value === '' ? others : { ...others, [id]: Number(value) });
  }

  async function save(): Promise<string | undefined> {
    const content: EvaluationEdit = { marks, comment: comment.trim() };
    if (evaluation) await request(`/api/evaluations/${evaluation.id}`, { method: 'PATCH', json: content });
    else {
      const json: NewEvaluation = { agentId: agentId!, gridVersion: grid.version, ...content };
      await request(`/api/calls/${callId}/evaluations`, { method: 'POST', json });
    }
    notifyDone(t('common.saved'));
    onDone();
    return undefined;
  }

  return (
    <SaveForm onClose={onClose} save={save}>
      {agents.length > 1 && !evaluation && (
        <Select
          label={t('evaluations.agent')}
          data={agents.map(({ id, name }) => ({ value: id, label: name.slice(0, 100) }))}
          value={agentId}
          onChange={setAgentId}
          allowDeselect={false}
          required
        />
      )}
      {criteria.map(({ id, label, max }) => (
        <NumberInput
          key={id}
          label={<bdi>{t('evaluations.mark', { label: label.slice(0, 200), max })}</bdi>}
          placeholder={t('evaluations.notMarked')}
          min={0}
          max={max}
          clampBehavior="strict"
          allowDecimal={false}
          value={marks[id] ?? ''}
          onChange={(value) => setMark(id, value)}
        />
      ))}
      <Textarea
        label={t('evaluations.comment')}
        value={comment}
        onChange={(event) => setComment(event.currentTarget.value)}
        maxLength={commentLengthMax}
        autosize
        minRows={3}
        maxRows={10}
      />
      <Text size="xs" c="dimmed">
        {t('evaluations.commentHint', { count: commentLengthMax })}
      </Text>
    </SaveForm>
  );
}
