import { ActionIcon, Badge, UnstyledButton } from '@mantine/core';
import { IconArrowLeft, IconVolume, IconVolumeOff } from '@tabler/icons-react';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import type { ChatSupervisors } from '../../../contract/chat.ts';
import { request } from '../http/request.ts';
import { useResource } from '../http/use-resource.ts';
import { Plain } from '../text/plain.tsx';
import classes from './chat.module.css';
import { ChatPane } from './chat-pane.tsx';
import { followChat } from './follow-chat.ts';
import { setSound, soundStore } from './sound.ts';
import { ThreadList } from './thread-list.tsx';
import { useThreads } from './use-chat.ts';

interface Partner {
  id: string;
  name: string;
}

/** An agent's conversations with his supervisors, whole: the list, one of them, and those he may write to first. */
export function AgentChat({ personId }: { personId: string }) {
  const { t } = useTranslation();
  const [partner, setPartner] = useState<Partner | null>(null);
  useEffect(() => followChat(personId), [personId]);
  return (
    <section className={classes['whole']} aria-label={t('chat.title')}>
      <header className={classes['head']}>
        {partner && (
          <ActionIcon variant="subtle" onClick={() => setPartner(null)} aria-label={t('chat.back')}>
            <IconArrowLeft size={18} aria-hidden="true" />
          </ActionIcon>
        )}
        <h2 className={classes['title']}>
          <bdi>{partner?.name.slice(0, 80) ?? t('chat.title')}</bdi>
        </h2>
        <SoundSwitch />
      </header>
      {partner ? (
        <ChatPane
          key={partner.id}
          pair={{ agentId: personId, supervisorId: partner.id }}
          meId={personId}
          partner={partner.name}
        />
      ) : (
        <>
          <ThreadList meId={personId} onOpen={({ supervisor }) => setPartner(supervisor)} />
          <Supervisors onOpen={setPartner} />
        </>
      )}
    </section>
  );
}

/** Those of his supervisors with whom there is no thread yet. */
function Supervisors({ onOpen }: { onOpen(partner: Partner): void }) {
  const { t } = useTranslation();
  const threads = useThreads();
  const { value } = useResource<ChatSupervisors>(
    (signal) => request('/api/chat/supervisors', { signal }),
    [],
  );
  const known = new Set(threads?.map(({ supervisor }) => supervisor.id));
  const others = value?.items.filter(({ id }) => !known.has(id)) ?? [];
  if (others.length === 0) return null;
  return (
    <ul className={classes['threads']} aria-label={t('chat.supervisors')}>
      {others.map(({ id, name, present }) => (
        <li key={id}>
          <UnstyledButton className={classes['thread']} onClick={() => onOpen({ id, name })}>
            <Plain text={name} />
            {present && (
              <Badge size="sm" variant="light">
                {t('chat.present')}
              </Badge>
            )}
          </UnstyledButton>
        </li>
      ))}
    </ul>
  );
}

export function SoundSwitch() {
  const { t } = useTranslation();
  const on = useSyncExternalStore(soundStore.subscribe, soundStore.get);
  const label = t(on ? 'chat.soundOff' : 'chat.soundOn');
  const Icon = on ? IconVolume : IconVolumeOff;
  return (
    <ActionIcon variant="subtle" onClick={() => setSound(!on)} aria-label={label} title={label}>
      <Icon size={18} aria-hidden="true" />
    </ActionIcon>
  );
}
