import { Switch, TagsInput, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Agent, AgentPatch, NewAgent } from '../../../contract/agents.ts';
import { browserDeviceOf } from '../../../contract/phones.ts';
import { request } from '../../shared/http/request.ts';
import { firstWrongDevice, linesOf } from './devices.ts';
import { EditForm, type EditFormProps } from './edit-form.tsx';
import { PbxSelect } from './pbx-select.tsx';
import { TeamsField } from './teams-field.tsx';
import { useQueueIds } from './use-names.ts';

interface AgentFormProps extends EditFormProps {
  /** Null: a new one. */
  agent: Agent | null;
}

export function AgentForm({ agent, ...form }: AgentFormProps) {
  const { t } = useTranslation();
  const [publicName, setPublicName] = useState(agent?.publicName ?? '');
  const [pbx, setPbx] = useState(agent?.pbx ?? null);
  const ownBrowser = agent ? browserDeviceOf(agent.id) : null;
  const [devices, setDevices] = useState(agent?.devices.filter((one) => one !== ownBrowser).join('\n') ?? '');
  const [browserPhone, setBrowserPhone] = useState(agent?.devices.includes(ownBrowser ?? '') ?? false);
  const [interfaces, setInterfaces] = useState(agent?.interfaces.join('\n') ?? '');
  const [teams, setTeams] = useState(agent?.teams.map((team) => team.name) ?? []);
  const [queues, setQueues] = useState(agent?.queues.map((queue) => queue.id) ?? []);
  const queueIds = useQueueIds();

  async function save(name: string): Promise<string | undefined> {
    const given = linesOf(devices);
    if (given.length === 0 && !browserPhone) return t('admin.agents.devicesNeeded');
    const wrong = firstWrongDevice(given);
    if (wrong !== undefined) return t('admin.agents.devicesWrong', { device: wrong.slice(0, 60) });
    const fields = {
      name,
      devices: given,
      browserPhone,
      interfaces: linesOf(interfaces),
      teams,
      ...(pbx !== null && pbx !== agent?.pbx && { pbx }),
    };
    if (agent) {
      const json: AgentPatch = { ...fields, publicName: publicName.trim() || null };
      await request(`/api/agents/${agent.id}`, { method: 'PATCH', json });
    } else {
      const json: NewAgent = {
        ...fields,
        ...(publicName.trim() !== '' && { publicName: publicName.trim() }),
        ...(queues.length > 0 && { queues }),
      };
      await request('/api/agents', { method: 'POST', json });
    }
    return undefined;
  }

  return (
    <EditForm
      title={agent ? t('admin.agents.edit', { name: agent.name.slice(0, 60) }) : t('admin.agents.add')}
      name={agent?.name}
      save={save}
      {...form}
    >
      <PbxSelect value={pbx} onChange={setPbx} />
      <Textarea
        label={t('admin.agents.devices')}
        description={t('admin.agents.devicesHint')}
        value={devices}
        onChange={(event) => setDevices(event.currentTarget.value)}
        autosize
        minRows={2}
        maxRows={6}
        required={!browserPhone}
        spellCheck={false}
      />
      <Switch
        label={t('admin.agents.browserPhone')}
        description={t('admin.agents.browserPhoneHint')}
        checked={browserPhone}
        onChange={(event) => setBrowserPhone(event.currentTarget.checked)}
      />
      <Textarea
        label={t('admin.agents.interfaces')}
        description={t('admin.agents.interfacesHint')}
        value={interfaces}
        onChange={(event) => setInterfaces(event.currentTarget.value)}
        autosize
        minRows={1}
        maxRows={6}
        spellCheck={false}
      />
      <TeamsField hint={t('admin.agents.teamsHint')} value={teams} onChange={setTeams} />
      {!agent && (
        <TagsInput
          label={t('admin.agents.queues')}
          description={t('admin.agents.queuesHint')}
          data={queueIds}
          value={queues}
          onChange={setQueues}
          maxTags={200}
          acceptValueOnBlur
        />
      )}
      <TextInput
        label={t('admin.agents.publicName')}
        description={t('admin.agents.publicNameHint')}
        value={publicName}
        onChange={(event) => setPublicName(event.currentTarget.value)}
        maxLength={200}
      />
    </EditForm>
  );
}
