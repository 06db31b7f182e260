import { Button, Text } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { NamedRef } from '../../../contract/common.ts';
import type { TeamEdit } from '../../../contract/teams.ts';
import { request } from '../../shared/http/request.ts';
import { usePages } from '../../shared/http/use-pages.ts';
import { Plain } from '../../shared/text/plain.tsx';
import { PageHead } from '../shell/page-head.tsx';
import classes from './admin.module.css';
import { AdminList } from './admin-list.tsx';
import { EditForm, type EditFormProps } from './edit-form.tsx';
import { FormModal } from './form-modal.tsx';
import { RowButton } from './row-parts.tsx';

type Open = { what: 'add' } | { what: 'rename' | 'remove'; team: NamedRef };

export default function TeamsPage() {
  const { t } = useTranslation();
  const [open, setOpen] = useState<Open | null>(null);
  const list = usePages<NamedRef>('/api/teams', {});
  const close = () => setOpen(null);
  const done = () => {
    close();
    list.reload();
  };
  return (
    <div className={classes['page']}>
      <PageHead title={t('admin.teams.title')} hint={t('admin.teams.hint')}>
        <Button size="xs" leftSection={<IconPlus size={16} />} onClick={() => setOpen({ what: 'add' })}>
          {t('admin.teams.add')}
        </Button>
      </PageHead>
      <AdminList
        label={t('admin.teams.title')}
        list={list}
        columns={[t('admin.teams.columns.name'), t('admin.teams.columns.actions')]}
        empty={t('admin.teams.empty')}
        row={(team) => (
          <tr key={team.id}>
            <td>
              <Plain text={team.name} strong />
            </td>
            <td>
              <span className={classes['actions']}>
                <RowButton
                  text={t('common.edit')}
                  label={t('admin.teams.edit', { name: team.name.slice(0, 80) })}
                  onClick={() => setOpen({ what: 'rename', team })}
                />
                <RowButton
                  text={t('admin.teams.remove')}
                  label={`${t('admin.teams.remove')}${t('common.colon')}${team.name.slice(0, 80)}`}
                  onClick={() => setOpen({ what: 'remove', team })}
                />
              </span>
            </td>
          </tr>
        )}
      />
      {(open?.what === 'add' || open?.what === 'rename') && (
        <NameForm team={'team' in open ? open.team : null} onClose={close} onDone={done} />
      )}
      {open?.what === 'remove' && <RemoveForm team={open.team} onClose={close} onDone={done} />}
    </div>
  );
}

function NameForm({ team, ...form }: EditFormProps & { team: NamedRef | null }) {
  const { t } = useTranslation();
  async function save(name: string) {
    const json: TeamEdit = { name };
    if (team) await request(`/api/teams/${team.id}`, { method: 'PATCH', json });
    else await request('/api/teams', { method: 'POST', json });
    return undefined;
  }
  return (
    <EditForm
      title={team ? t('admin.teams.edit', { name: team.name.slice(0, 60) }) : t('admin.teams.add')}
      name={team?.name}
      save={save}
      {...form}
    />
  );
}

function RemoveForm({ team, onClose, onDone }: EditFormProps & { team: NamedRef }) {
  const { t } = useTranslation();
  async function save() {
    await request(`/api/teams/${team.id}`, { method: 'DELETE' });
    onDone();
    return undefined;
  }
  return (
    <FormModal
      title={t('admin.teams.remove')}
      onClose={onClose}
      save={save}
      submitLabel={t('admin.teams.remove')}
    >
      <Text size="sm">{t('admin.teams.removeAsk', { name: team.name.slice(0, 100) })}</Text>
    </FormModal>
  );
}
