import { Button, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconPlus, IconSearch } from '@tabler/icons-react';
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

export default function PeoplePage() {
  const { t, i18n } = useTranslation();
  const [q, setQ] = useState('');
  const [asked] = useDebouncedValue(q.trim(), 250);
  const [edited, setEdited] = useState<PersonAccount | 'new' | null>(null);
  const list = usePages<PersonAccount>('/api/people', { q: asked || undefined });
  const date = dateFormat(i18n.language, { dateStyle: 'short', timeStyle: 'short' });
  const columns = (['name', 'login', 'roles', 'teams', 'lastSeen', 'actions'] as const).map((column) =>
    t(`admin.people.columns.${column}`),
  );
  return (
    <div className={classes['page']}>
      <PageHead title={t('admin.people.title')} hint={t('admin.people.hint')}>
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
                <Button
                  size="compact-sm"
                  variant="default"
                  aria-label={t('admin.people.edit', { name: person.name.slice(0, 80) })}
                  onClick={() => setEdited(person)}
                >
                  {t('common.edit')}
                </Button>
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
