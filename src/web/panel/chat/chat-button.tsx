import { Badge, UnstyledButton } from '@mantine/core';
import { IconMessageCircle } from '@tabler/icons-react';
import { useEffect, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { followChat } from '../../shared/chat/follow-chat.ts';
import { useUnread } from '../../shared/chat/use-chat.ts';
import { chatDock, closeChat, openChatList } from './open-chat.ts';

export const chatButtonId = 'chat-button';

interface ChatButtonProps {
  personId: string;
  className: string;
  wordClassName: string;
}

/** Opens the chat, and says on every page how much is unread. */
export function ChatButton({ personId, className, wordClassName }: ChatButtonProps) {
  const { t } = useTranslation();
  const { open } = useSyncExternalStore(chatDock.subscribe, chatDock.get);
  const unread = useUnread();
  useEffect(() => {
    const stop = followChat(personId);
    return () => {
      closeChat();
      stop();
    };
  }, [personId]);
  const label =
    unread > 0
      ? `${t('chat.short')}${t('common.colon')}${t('chat.unread', { count: unread })}`
      : t('chat.short');
  return (
    <UnstyledButton
      id={chatButtonId}
      className={className}
      aria-expanded={open}
      aria-label={label}
      title={label}
      onClick={() => (open ? closeChat() : openChatList())}
    >
      <IconMessageCircle size={19} aria-hidden="true" />
      <span className={wordClassName}>{t('chat.short')}</span>
      {unread > 0 && (
        <Badge size="sm" color="yellow.5" autoContrast ms="auto" aria-hidden="true" data-unread>
          {unread > 99 ? '99+' : unread}
        </Badge>
      )}
    </UnstyledButton>
  );
}
