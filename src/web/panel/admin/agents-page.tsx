import { Button } from '@mantine/core';
import { IconPlus, IconUpload } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';
import type { Agent } from '../../../contract/agents.ts';
import { usePages } from '../../shared/http/use-pages.ts';
import { Plain } from '../../shared/text/plain.tsx';
import { Discovered } from '../live/empty-board.tsx';
import { useManyPbxs } from '../live/many-pbxs.ts';
import { PageHead } from '../shell/page-head.tsx';
import classes from './admin.module.css';
import { AdminList } from './admin-list.tsx';
import { AgentForm } from './agent-form.tsx';
import { ImportForm } from './import-form.tsx';
import { RowButton, SearchField, useSearch } from './row-parts.tsx';

export default function AgentsPage() {
  const { t } = useTranslation();
  const [params, setParams] = useSearchParams();
  const search = useSearch();
  const [edited, setEdited] = useState<Agent | null>(null);
  const manyPbxs = useManyPbxs();
  const list = usePages<Agent>('/api/agents', { q: search.q });
  const open = params.has('add') ? 'add' : params.has('import') ? 'import' : null;
  const close = () => {
    setParams({}, { replace: true });
    setEdited(null);
  };
  const done = () => {
    close();
    list.reload();
  };
  const columns = (['name', 'devices', 'teams', 'actions'] as const).map((column) =>
    t(`admin.agents.columns.${column}`),
  );
  return (
    <div className={classes['page']}>
      <PageHead title={t('admin.agents.title')} hint={t('admin.agents.hint')}>
        <SearchField {...search} />
        <Button
          size="xs"
          variant="default"
          leftSection={<IconUpload size={16} />}
          onClick={() => setParams({ import: '' })}
        >
          {t('admin.agents.import')}
        </Button>
        <Button size="xs" leftSection={<IconPlus size={16} />} onClick={() => setParams({ add: '' })}>
          {t('admin.agents.add')}
        </Button>
      </PageHead>
      <Discovered onAdded={list.reload} />
      <AdminList
        label={t('admin.agents.title')}
        list={list}
        columns={columns}
        empty={t('admin.agents.empty')}
        row={(agent) => (
          <tr key={agent.id}>
            <td>
              <Plain text={agent.name} strong />
            </td>
            <td>
              <Plain text={`${agent.devices.join(', ')}${manyPbxs.length > 0 ? ` · ${agent.pbx}` : ''}`} />
            </td>
            <td>
              <Plain text={agent.teams.map(({ name }) => name).join(', ')} />
            </td>
            <td>
              <span className={classes['actions']}>
                <RowButton
                  text={t('common.edit')}
                  label={t('admin.agents.edit', { name: agent.name.slice(0, 80) })}
                  onClick={() => setEdited(agent)}
                />
              </span>
            </td>
          </tr>
        )}
      />
      {open === 'import' && <ImportForm onClose={close} onDone={list.reload} />}
      {(open === 'add' || edited) && <AgentForm agent={edited} onClose={close} onDone={done} />}
    </div>
  );
}
