import { Button, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconPlus, IconSearch, IconUpload } from '@tabler/icons-react';
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

export default function AgentsPage() {
  const { t } = useTranslation();
  const [params, setParams] = useSearchParams();
  const [q, setQ] = useState('');
  const [asked] = useDebouncedValue(q.trim(), 250);
  const [edited, setEdited] = useState<Agent | null>(null);
  const manyPbxs = useManyPbxs();
  const list = usePages<Agent>('/api/agents', { q: asked || undefined });
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
        <TextInput
          size="xs"
          w={200}
          aria-label={t('admin.search')}
          placeholder={t('admin.search')}
          maxLength={100}
          leftSection={<IconSearch size={15} aria-hidden="true" />}
          value={q}
          onChange={(event) => setQ(event.currentTarget.value)}
        />
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
                <Button
                  size="compact-sm"
                  variant="default"
                  aria-label={t('admin.agents.edit', { name: agent.name.slice(0, 80) })}
                  onClick={() => setEdited(agent)}
                >
                  {t('common.edit')}
                </Button>
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
