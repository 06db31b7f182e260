import { NumberInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Queue, QueueEdit } from '../../../contract/queues.ts';
import { request } from '../../shared/http/request.ts';
import { usePages } from '../../shared/http/use-pages.ts';
import { Plain } from '../../shared/text/plain.tsx';
import { useManyPbxs } from '../live/many-pbxs.ts';
import { PageHead } from '../shell/page-head.tsx';
import classes from './admin.module.css';
import { AdminList } from './admin-list.tsx';
import { EditForm, type EditFormProps } from './edit-form.tsx';
import { RowButton } from './row-parts.tsx';
import { TeamsField } from './teams-field.tsx';

export default function QueuesPage() {
  const { t } = useTranslation();
  const [edited, setEdited] = useState<Queue | null>(null);
  const manyPbxs = useManyPbxs();
  const list = usePages<Queue>('/api/queues', {});
  const columns = (['name', 'id', 'teams', 'target', 'origin', 'actions'] as const).map((column) =>
    t(`admin.queues.columns.${column}`),
  );
  return (
    <div className={classes['page']}>
      <PageHead title={t('admin.queues.title')} hint={t('admin.queues.hint')} />
      <AdminList
        label={t('admin.queues.title')}
        list={list}
        columns={columns}
        empty={t('admin.queues.empty')}
        row={(queue) => (
          <tr key={`${queue.pbx}/${queue.id}`}>
            <td>
              <Plain text={queue.name} strong />
            </td>
            <td>
              <Plain text={manyPbxs.length > 0 ? `${queue.id} · ${queue.pbx}` : queue.id} />
            </td>
            <td>
              <Plain text={queue.teams.map(({ name }) => name).join(', ') || t('admin.queues.everyTeam')} />
            </td>
            <td>{Math.round(queue.serviceLevelTargetMs / 1000)} s</td>
            <td>{t(`admin.queues.origin.${queue.origin}`)}</td>
            <td>
              <span className={classes['actions']}>
                <RowButton
                  text={t('common.edit')}
                  label={t('admin.queues.edit', { name: queue.name.slice(0, 80) })}
                  onClick={() => setEdited(queue)}
                />
              </span>
            </td>
          </tr>
        )}
      />
      {edited && (
        <QueueForm
          queue={edited}
          onClose={() => setEdited(null)}
          onDone={() => {
            setEdited(null);
            list.reload();
          }}
        />
      )}
    </div>
  );
}

function QueueForm({ queue, ...form }: EditFormProps & { queue: Queue }) {
  const { t } = useTranslation();
  const [teams, setTeams] = useState(queue.teams.map((team) => team.name));
  const [seconds, setSeconds] = useState(Math.round(queue.serviceLevelTargetMs / 1000));
  async function save(name: string) {
    const json: QueueEdit = { pbx: queue.pbx, name, teams, serviceLevelTargetMs: seconds * 1000 };
    await request(`/api/queues/${encodeURIComponent(queue.id)}`, { method: 'PUT', json });
    return undefined;
  }
  return (
    <EditForm
      title={t('admin.queues.edit', { name: queue.name.slice(0, 60) })}
      name={queue.name}
      save={save}
      {...form}
    >
      <TeamsField hint={t('admin.queues.teamsHint')} value={teams} onChange={setTeams} />
      <NumberInput
        label={t('admin.queues.target')}
        description={t('admin.queues.targetHint')}
        min={1}
        max={3600}
        allowDecimal={false}
        value={seconds}
        onChange={(value) => setSeconds(Number(value) || 1)}
        required
      />
    </EditForm>
  );
}
