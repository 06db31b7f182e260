import { TagsInput, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Agent, AgentPatch, NewAgent } from '../../../contract/agents.ts';
import { request } from '../../shared/http/request.ts';
import { notifyDone } from '../../shared/shell/notify.ts';
import { firstWrongDevice, linesOf } from './devices.ts';
import { FormModal } from './form-modal.tsx';
import { PbxSelect } from './pbx-select.tsx';
import { useQueueIds, useTeamNames } from './use-names.ts';

interface AgentFormProps {
  /** Null: a new one. */
  agent: Agent | null;
  onClose(): void;
  onDone(): void;
}

export function AgentForm({ agent, onClose, onDone }: AgentFormProps) {
  const { t } = useTranslation();
  const [name, setName] = useState(agent?.name ?? '');
  const [publicName, setPublicName] = useState(agent?.publicName ?? '');
  const [pbx, setPbx] = useState(agent?.pbx ?? null);
  const [devices, setDevices] = useState(agent?.devices.join('\n') ?? '');
  const [interfaces, setInterfaces] = useState(agent?.interfaces.join('\n') ?? '');
  const [teams, setTeams] = useState(agent?.teams.map((team) => team.name) ?? []);
  const [queues, setQueues] = useState(agent?.queues.map((queue) => queue.id) ?? []);
  const teamNames = useTeamNames();
  const queueIds = useQueueIds();

  async function save(): Promise<string | undefined> {
    const given = linesOf(devices);
    if (given.length === 0) return t('admin.agents.devicesNeeded');
    const wrong = firstWrongDevice(given);
    if (wrong !== undefined) return t('admin.agents.devicesWrong', { device: wrong.slice(0, 60) });
    const fields = {
      name: name.trim(),
      devices: given,
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
    notifyDone(t('common.saved'));
    onDone();
    return undefined;
  }

  return (
    <FormModal
      title={agent ? t('admin.agents.edit', { name: agent.name.slice(0, 60) }) : t('admin.agents.add')}
      onClose={onClose}
      save={save}
    >
      <TextInput
        label={t('common.name')}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        maxLength={200}
        required
        pattern=".*\S.*"
        data-autofocus
      />
      <PbxSelect value={pbx} onChange={setPbx} />
      <Textarea
        label={t('admin.agents.devices')}
        description={t('admin.agents.devicesHint')}
        value={devices}
        onChange={(event) => setDevices(event.currentTarget.value)}
        autosize
        minRows={2}
        maxRows={6}
        required
        spellCheck={false}
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
      <TagsInput
        label={t('admin.agents.teams')}
        description={t('admin.agents.teamsHint')}
        data={teamNames}
        value={teams}
        onChange={setTeams}
        maxTags={200}
        acceptValueOnBlur
      />
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
    </FormModal>
  );
}
