import { Badge, UnstyledButton } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { ChatThread } from '../../../contract/chat.ts';
import { Plain } from '../text/plain.tsx';
import { dateFormat } from '../time/locale.ts';
import classes from './chat.module.css';
import { partnerOf } from './chat-store.ts';
import { useThreads } from './use-chat.ts';

/** Every conversation of this person, the newest first, with what is unread in each. */
export function ThreadList({ meId, onOpen }: { meId: string; onOpen(thread: ChatThread): void }) {
  const titleOf = (thread: ChatThread) => partnerOf(thread, meId);
  return <Threads threads={useThreads()} titleOf={titleOf} onOpen={onOpen} />;
}

interface ThreadsProps {
  /** Null until they were read. */
  threads: readonly ChatThread[] | null;
  titleOf(thread: ChatThread): string;
  /** The one that is open. */
  openId?: string | undefined;
  onOpen(thread: ChatThread): void;
}

export function Threads({ threads, titleOf, openId, onOpen }: ThreadsProps) {
  const { t, i18n } = useTranslation();
  if (threads === null) return <p className={classes['empty']}>{t('common.loading')}</p>;
  if (threads.length === 0) return <p className={classes['empty']}>{t('chat.noThreads')}</p>;
  const today = new Date().toDateString();
  const format = (at: Date) =>
    dateFormat(i18n.language, at.toDateString() === today ? { timeStyle: 'short' } : { dateStyle: 'short' });
  return (
    <ul className={classes['threads']} aria-label={t('chat.title')}>
      {threads.map((thread) => (
        <li key={thread.id}>
          <UnstyledButton
            className={classes['thread']}
            aria-current={thread.id === openId || undefined}
            onClick={() => onOpen(thread)}
          >
            <span className={classes['threadWho']}>
              <Plain text={titleOf(thread)} strong />
              <Plain text={thread.lastText ?? ''} dim />
            </span>
            <span className={classes['threadWhen']}>
              <time dateTime={thread.lastAt}>
                {format(new Date(thread.lastAt)).format(new Date(thread.lastAt))}
              </time>
              {thread.unread > 0 && (
                <Badge
                  size="sm"
                  circle={thread.unread < 10}
                  aria-label={t('chat.unread', { count: thread.unread })}
                >
                  {thread.unread > 99 ? '99+' : thread.unread}
                </Badge>
              )}
            </span>
          </UnstyledButton>
        </li>
      ))}
    </ul>
  );
}
