import { Button, Group } from '@mantine/core';
import { IconClipboardCheck } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';
import type { Call } from '../../../contract/calls.ts';
import type { NamedRef } from '../../../contract/common.ts';
import type { Evaluation, EvaluationsPage, Grid } from '../../../contract/evaluations.ts';
import classes from '../../shared/evaluations/evaluation.module.css';
import { EvaluationView } from '../../shared/evaluations/evaluation-view.tsx';
import { request } from '../../shared/http/request.ts';
import { useResource } from '../../shared/http/use-resource.ts';
import { may, useMe } from '../../shared/session/session-store.ts';
import { EvaluationForm } from './evaluation-form.tsx';

/** In the address: the form is open from the start. */
export const evaluateParam = 'evaluate';

/** What was thought of this call, beside its timeline, and the way to say it. */
export function CallEvaluations({ call }: { call: Call }) {
  const { t } = useTranslation();
  const me = useMe();
  if (!may(me, 'evaluations.write')) return null;
  return (
    <section aria-labelledby="call-evaluations">
      <h3 id="call-evaluations">{t('evaluations.title')}</h3>
      <Loaded call={call} meId={me.person.id} />
    </section>
  );
}

function Loaded({ call, meId }: { call: Call; meId: string }) {
  const { t } = useTranslation();
  const [params, setParams] = useSearchParams();
  const [edited, setEdited] = useState<Evaluation | null>(null);
  const list = useResource(
    (signal) => request<EvaluationsPage>(`/api/evaluations?call=${call.id}`, { signal }),
    [call.id],
  );
  const grid = useResource((signal) => request<Grid>('/api/evaluation-grid', { signal }), []);
  if (!list.value || !grid.value) return null;
  const { items } = list.value;
  const agents = talkers(call).filter(({ id }) => id !== meId);
  const mine = items.find(({ by }) => by.id === meId);
  const isAsked = params.has(evaluateParam);
  const ask = (now: boolean) => {
    const next = new URLSearchParams(params);
    if (now) next.set(evaluateParam, '');
    else next.delete(evaluateParam);
    setParams(next, { replace: true });
  };
  const close = () => {
    setEdited(null);
    ask(false);
  };
  const isPossible = !mine && agents.length > 0 && grid.value.version > 0;
  return (
    <>
      {items.length === 0 && <p className={classes['told']}>{t('evaluations.none')}</p>}
      <ul className={classes['list']}>
        {items.map((evaluation) => (
          <li key={evaluation.id}>
            <EvaluationView evaluation={evaluation} />
            {evaluation.editable && !edited && (
              <Button size="compact-sm" variant="default" mt={6} onClick={() => setEdited(evaluation)}>
                {t('evaluations.edit')}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {!mine && <Why agents={agents} grid={grid.value} />}
      {isPossible && !isAsked && (
        <Group mt="xs">
          <Button
            size="xs"
            variant="default"
            leftSection={<IconClipboardCheck size={16} />}
            onClick={() => ask(true)}
          >
            {t('evaluations.evaluate')}
          </Button>
        </Group>
      )}
      {(edited || (isAsked && isPossible)) && (
        <EvaluationForm
          callId={call.id}
          agents={agents}
          grid={grid.value}
          evaluation={edited}
          onClose={close}
          onDone={() => {
            close();
            list.reload();
          }}
        />
      )}
    </>
  );
}

function Why({ agents, grid }: { agents: readonly NamedRef[]; grid: Grid }) {
  const { t } = useTranslation();
  if (grid.version === 0) return <p className={classes['told']}>{t('evaluations.noGrid')}</p>;
  if (agents.length === 0) return <p className={classes['told']}>{t('evaluations.nobody')}</p>;
  return null;
}

/** Who of ours talked in the call, each once, in their order. */
function talkers(call: Call): NamedRef[] {
  const byId = new Map(call.segments.flatMap(({ agent }) => (agent ? [[agent.id, agent] as const] : [])));
  return [...byId.values()];
}
