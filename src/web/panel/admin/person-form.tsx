import { Button, MultiSelect, PasswordInput, Switch, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { NewPerson, PersonAccount, PersonPatch } from '../../../contract/people.ts';
import { type Role, roles } from '../../../contract/permissions.ts';
import { request } from '../../shared/http/request.ts';
import { notifyDone, notifyProblem } from '../../shared/shell/notify.ts';
import { passwordLengthMin } from '../account/password-length.ts';
import { firstWrongDevice } from './devices.ts';
import { EditForm, type EditFormProps } from './edit-form.tsx';
import { PbxSelect } from './pbx-select.tsx';
import { TeamsField } from './teams-field.tsx';

interface PersonFormProps extends EditFormProps {
  person: PersonAccount | null;
}

export function PersonForm({ person, ...form }: PersonFormProps) {
  const { t } = useTranslation();
  const [login, setLogin] = useState(person?.login ?? '');
  const [password, setPassword] = useState('');
  const [held, setHeld] = useState<string[]>(person?.roles ?? ['supervisor']);
  const [teams, setTeams] = useState(person?.teams.map((team) => team.name) ?? []);
  const [pbx, setPbx] = useState(person?.pbx ?? null);
  const [endpoint, setEndpoint] = useState(person?.devices[0] ?? '');
  const [disabled, setDisabled] = useState(person?.disabled ?? false);

  async function save(name: string): Promise<string | undefined> {
    const device = endpoint.trim();
    if (device !== '' && firstWrongDevice([device]) !== undefined)
      return t('admin.agents.devicesWrong', { device });
    const fields = {
      name,
      roles: held as Role[],
      teams,
      ...(device !== '' && device !== person?.devices[0] && { endpoint: device }),
      ...(pbx !== null && pbx !== person?.pbx && { pbx }),
    };
    if (person) {
      const json: PersonPatch = {
        ...fields,
        disabled,
        ...(login.trim() !== '' && { login: login.trim() }),
        ...(password !== '' && { password }),
      };
      await request(`/api/people/${person.id}`, { method: 'PATCH', json });
    } else {
      const json: NewPerson = { ...fields, login: login.trim(), password };
      await request('/api/people', { method: 'POST', json });
    }
    return undefined;
  }

  async function endSessions(id: string) {
    try {
      await request(`/api/people/${id}/sessions`, { method: 'DELETE' });
      notifyDone(t('admin.people.signedOut'));
    } catch (error) {
      notifyProblem(error);
    }
  }

  return (
    <EditForm
      title={person ? t('admin.people.edit', { name: person.name.slice(0, 60) }) : t('admin.people.add')}
      name={person?.name}
      save={save}
      {...form}
    >
      <TextInput
        label={t('admin.people.login')}
        description={t('admin.people.loginHint')}
        value={login}
        onChange={(event) => setLogin(event.currentTarget.value)}
        maxLength={100}
        required={!person}
        autoComplete="off"
      />
      <PasswordInput
        label={t('admin.people.password')}
        description={
          person
            ? t('admin.people.passwordKeep')
            : t('admin.people.passwordHint', { count: passwordLengthMin })
        }
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
        minLength={passwordLengthMin}
        maxLength={1000}
        required={!person}
        autoComplete="new-password"
      />
      <MultiSelect
        label={t('admin.people.roles')}
        data={roles.map((role) => ({ value: role, label: t(`roles.${role}`) }))}
        value={held}
        onChange={setHeld}
        required
      />
      <TeamsField hint={t('admin.agents.teamsHint')} value={teams} onChange={setTeams} />
      <PbxSelect value={pbx} onChange={setPbx} />
      <TextInput
        label={t('admin.people.endpoint')}
        description={t('admin.people.endpointHint')}
        value={endpoint}
        onChange={(event) => setEndpoint(event.currentTarget.value)}
        maxLength={128}
        spellCheck={false}
      />
      {person && (
        <>
          <Switch
            label={t('admin.people.disable')}
            checked={disabled}
            onChange={(event) => setDisabled(event.currentTarget.checked)}
          />
          <Button variant="default" size="xs" onClick={() => void endSessions(person.id)}>
            {t('admin.people.signOut')}
          </Button>
        </>
      )}
    </EditForm>
  );
}
