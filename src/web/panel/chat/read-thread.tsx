import { Button } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { ChatMessage, ChatMessagesPage } from '../../../contract/chat.ts';
import { KeptMessage } from '../../shared/chat/message-row.tsx';
import { queryString, request } from '../../shared/http/request.ts';
import { useResource } from '../../shared/http/use-resource.ts';
import { notifyProblem } from '../../shared/shell/notify.ts';
import { LoadProblem } from '../admin/load-problem.tsx';
import classes from './exchanges-page.module.css';

const pageSize = 100;
/** Shown after a message that was searched for. */
const after = 30;

/** One thread of others, to be read: nothing is written and nothing counts as read. Each message leads to its call. */
export function ReadThread({ threadId, around }: { threadId: string; around: number | undefined }) {
  const { t } = useTranslation();
  const path = (before: number | undefined) =>
    `/api/chat/threads/${threadId}/messages${queryString({ limit: pageSize, before: before?.toString() })}`;
  const first = useResource<ChatMessagesPage>(
    (signal) => request(path(around === undefined ? undefined : around + after), { signal }),
    [threadId, around],
  );
  const [older, setOlder] = useState<{ items: ChatMessage[]; hasOlder: boolean } | null>(null);
  const list = useRef<HTMLOListElement>(null);
  const isLoaded = first.value !== null;
  useEffect(() => {
    if (!isLoaded) return;
    const target = list.current?.querySelector('[data-found]') ?? list.current?.lastElementChild;
    target?.scrollIntoView({ block: 'center' });
  }, [isLoaded]);

  if (!first.value) return <LoadProblem of={first} />;
  const { thread } = first.value;
  const messages = [...(older?.items ?? []), ...first.value.items];
  const hasOlder = older?.hasOlder ?? first.value.hasOlder;
  async function loadOlder(): Promise<void> {
    try {
      const page = await request<ChatMessagesPage>(path(messages[0]?.seq));
      setOlder({ items: [...page.items, ...(older?.items ?? [])], hasOlder: page.hasOlder });
    } catch (error) {
      notifyProblem(error);
    }
  }
  return (
    <section className={classes['thread']} aria-labelledby="exchange">
      <h2 id="exchange" className={classes['head']}>
        <bdi>{thread.agent.name.slice(0, 80)}</bdi> · <bdi>{thread.supervisor.name.slice(0, 80)}</bdi>
      </h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a list that scrolls must be reachable by keyboard */}
      <ol ref={list} className={classes['messages']} tabIndex={0} aria-labelledby="exchange">
        {hasOlder && (
          <li className={classes['more']}>
            <Button size="compact-sm" variant="default" onClick={() => void loadOlder()}>
              {t('exchanges.older')}
            </Button>
          </li>
        )}
        {messages.map((message, i) => (
          <li key={message.id} data-found={message.seq === around || undefined}>
            <KeptMessage
              message={message}
              before={messages[i - 1]}
              own={false}
              side={message.author.id === thread.supervisor.id}
              read={false}
            />
            {message.callId && message.callId !== messages[i - 1]?.callId && (
              <Link className={classes['call']} to={`/calls/${message.callId}`}>
                {t('exchanges.call')}
              </Link>
            )}
          </li>
        ))}
      </ol>
    </section>
  );
}
