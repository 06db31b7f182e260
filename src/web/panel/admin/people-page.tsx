import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PersonAccount } from '../../../contract/people.ts';
import { usePages } from '../../shared/http/use-pages.ts';
import { Plain } from '../../shared/text/plain.tsx';
import { dateFormat } from '../../shared/time/locale.ts';
import { PageHead } from '../shell/page-head.tsx';
import classes from './admin.module.css';
import { AdminList } from './admin-list.tsx';
import { PersonForm } from './person-form.tsx';
import { RowButton, SearchField, useSearch } from './row-parts.tsx';

export default function PeoplePage() {
  const { t, i18n } = useTranslation();
  const search = useSearch();
  const [edited, setEdited] = useState<PersonAccount | 'new' | null>(null);
  const list = usePages<PersonAccount>('/api/people', { q: search.q });
  const date = dateFormat(i18n.language, { dateStyle: 'short', timeStyle: 'short' });
  const columns = (['name', 'login', 'roles', 'teams', 'lastSeen', 'actions'] as const).map((column) =>
    t(`admin.people.columns.${column}`),
  );
  return (
    <div className={classes['page']}>
      <PageHead title={t('admin.people.title')} hint={t('admin.people.hint')}>
        <SearchField {...search} />
        <Button size="xs" leftSection={<IconPlus size={16} />} onClick={() => setEdited('new')}>
          {t('admin.people.add')}
        </Button>
      </PageHead>
      <AdminList
        label={t('admin.people.title')}
        list={list}
        columns={columns}
        empty={t('admin.people.empty')}
        row={(person) => (
          <tr key={person.id} data-off={person.disabled || undefined}>
            <td>
              <Plain text={person.name} strong />
            </td>
            <td>
              <Plain text={person.disabled ? t('admin.people.disabled') : (person.login ?? '—')} />
            </td>
            <td>
              <Plain text={person.roles.map((role) => t(`roles.${role}`)).join(', ')} />
            </td>
            <td>
              <Plain text={person.teams.map(({ name }) => name).join(', ')} />
            </td>
            <td>{person.lastSeenAt ? date.format(new Date(person.lastSeenAt)) : '—'}</td>
            <td>
              <span className={classes['actions']}>
                <RowButton
                  text={t('common.edit')}
                  label={t('admin.people.edit', { name: person.name.slice(0, 80) })}
                  onClick={() => setEdited(person)}
                />
              </span>
            </td>
          </tr>
        )}
      />
      {edited && (
        <PersonForm
          person={edited === 'new' ? null : edited}
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
