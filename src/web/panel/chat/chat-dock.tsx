import { ActionIcon, Menu } from '@mantine/core';
import { IconArrowLeft, IconDotsVertical, IconX } from '@tabler/icons-react';
import { type KeyboardEvent, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import type { ChatPair, ReadyMade } from '../../../contract/chat.ts';
import { SoundSwitch } from '../../shared/chat/agent-chat.tsx';
import { ChatPane } from '../../shared/chat/chat-pane.tsx';
import { partnerOf } from '../../shared/chat/chat-store.ts';
import { ThreadList } from '../../shared/chat/thread-list.tsx';
import { useThread } from '../../shared/chat/use-chat.ts';
import { request } from '../../shared/http/request.ts';
import { useResource } from '../../shared/http/use-resource.ts';
import { may, useMe } from '../../shared/session/session-store.ts';
import { board, useRow } from '../live/live.ts';
import { BroadcastDialog } from './broadcast-dialog.tsx';
import { chatButtonId } from './chat-button.tsx';
import classes from './chat-dock.module.css';
import { MessageSearch } from './message-search.tsx';
import { chatDock, closeChat, openChatList } from './open-chat.ts';
import { ReadyMadeEditor } from './ready-made-editor.tsx';

/** The chat, docked at the side so that the floor stays in sight. */
export function ChatDock() {
  const { open } = useSyncExternalStore(chatDock.subscribe, chatDock.get);
  return open ? <OpenDock /> : null;
}

function OpenDock() {
  const { t } = useTranslation();
  const me = useMe();
  const meId = me.person.id;
  const { agentId, supervisorId } = useSyncExternalStore(chatDock.subscribe, chatDock.get);
  const pair = agentId === null ? null : { agentId, supervisorId: supervisorId ?? meId };
  const [dialog, setDialog] = useState<'broadcast' | 'ready-made' | null>(null);
  const dock = useRef<HTMLElement>(null);
  const readyMade = useResource<ReadyMade>((signal) => request('/api/chat/ready-made', { signal }), []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: whatever is opened takes the focus
  useEffect(() => {
    const target = dock.current?.querySelector<HTMLElement>('textarea, input, ul button');
    (target ?? dock.current)?.focus();
  }, [agentId, supervisorId]);

  function close(): void {
    closeChat();
    document.getElementById(chatButtonId)?.focus();
  }
  function onKeyDown(event: KeyboardEvent): void {
    if (event.key !== 'Escape' || event.defaultPrevented) return;
    // Not also the one that stops listening.
    event.stopPropagation();
    event.nativeEvent.stopImmediatePropagation();
    close();
  }
  return (
    <aside
      ref={dock}
      className={classes['dock']}
      aria-label={t('chat.title')}
      tabIndex={-1}
      onKeyDown={onKeyDown}
    >
      <header className={classes['head']}>
        {pair && (
          <ActionIcon
            variant="subtle"
            onClick={openChatList}
            aria-label={t('chat.back')}
            title={t('chat.back')}
          >
            <IconArrowLeft size={18} aria-hidden="true" />
          </ActionIcon>
        )}
        <h2 className={classes['title']}>
          {pair ? <PartnerName pair={pair} meId={meId} /> : t('chat.title')}
        </h2>
        <SoundSwitch />
        <Menu position="bottom-end" withinPortal={false}>
          <Menu.Target>
            <ActionIcon variant="subtle" aria-label={t('control.more')} title={t('control.more')}>
              <IconDotsVertical size={18} aria-hidden="true" />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item onClick={() => setDialog('broadcast')}>{t('chat.broadcast')}</Menu.Item>
            {may(me, 'chat.read-all') && (
              <Menu.Item onClick={() => setDialog('ready-made')}>{t('chat.editReadyMade')}</Menu.Item>
            )}
          </Menu.Dropdown>
        </Menu>
        <ActionIcon variant="subtle" onClick={close} aria-label={t('common.close')} title={t('common.close')}>
          <IconX size={18} aria-hidden="true" />
        </ActionIcon>
      </header>
      {pair ? (
        <Conversation pair={pair} meId={meId} readyMade={readyMade.value?.items ?? []} />
      ) : (
        <MessageSearch meId={meId}>
          <ThreadList
            meId={meId}
            onOpen={({ agent, supervisor }) =>
              chatDock.set({ open: true, agentId: agent.id, supervisorId: supervisor.id })
            }
          />
        </MessageSearch>
      )}
      <BroadcastDialog
        opened={dialog === 'broadcast'}
        readyMade={readyMade.value?.items ?? []}
        onClose={() => setDialog(null)}
      />
      {readyMade.value && (
        <ReadyMadeEditor
          opened={dialog === 'ready-made'}
          readyMade={readyMade.value}
          onClose={() => setDialog(null)}
          onSaved={readyMade.reload}
        />
      )}
    </aside>
  );
}

function usePartner(pair: ChatPair, meId: string): string {
  const thread = useThread(pair);
  const agent = useRow(board.agents, pair.agentId);
  return (pair.agentId === meId ? undefined : agent?.name) ?? (thread ? partnerOf(thread, meId) : '…');
}

function PartnerName({ pair, meId }: { pair: ChatPair; meId: string }) {
  return <bdi>{usePartner(pair, meId).slice(0, 80)}</bdi>;
}

function Conversation(props: { pair: ChatPair; meId: string; readyMade: readonly string[] }) {
  const { pair, meId, readyMade } = props;
  const partner = usePartner(pair, meId);
  return (
    <ChatPane
      key={`${pair.agentId} ${pair.supervisorId}`}
      pair={pair}
      meId={meId}
      partner={partner}
      readyMade={pair.supervisorId === meId ? readyMade : []}
    />
  );
}
