import { VisuallyHidden } from '@mantine/core';
import { useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import type { ChatPair } from '../../../contract/chat.ts';
import classes from './chat.module.css';
import { arrivedStore } from './chat-store.ts';
import { Composer } from './composer.tsx';
import { MessageList } from './message-list.tsx';
import { useLog, useMarkRead, useOpenLog, useThread, useTyping } from './use-chat.ts';

const spokenLength = 300;

interface ChatPaneProps {
  pair: ChatPair;
  meId: string;
  /** The other one's name. */
  partner: string;
  /** Offered for one-click insertion. */
  readyMade?: readonly string[];
}

/** One conversation: what was written, and the field to write in. `followChat` must run on the page. */
export function ChatPane({ pair, meId, partner, readyMade = [] }: ChatPaneProps) {
  const { t } = useTranslation();
  const loaded = useOpenLog(pair);
  const log = useLog(pair);
  const thread = useThread(pair);
  const typing = useTyping(thread?.id);
  const arrived = useSyncExternalStore(arrivedStore.subscribe, arrivedStore.get);
  useMarkRead(pair, log.messages.at(-1)?.seq, thread?.unread ?? 0);
  const isAgent = pair.agentId === meId;
  const readSeq = (isAgent ? thread?.supervisorReadSeq : thread?.agentReadSeq) ?? 0;
  return (
    <div className={classes['pane']} data-chat-pane>
      <MessageList pair={pair} meId={meId} log={log} loaded={loaded} readSeq={readSeq} partner={partner} />
      <p className={classes['typing']} data-typing={typing || undefined}>
        {typing && (
          <>
            <bdi>{partner.slice(0, 60)}</bdi> {t('chat.types')}
          </>
        )}
      </p>
      <Composer key={`${pair.agentId} ${pair.supervisorId}`} pair={pair} readyMade={readyMade} />
      <VisuallyHidden role="status">
        {arrived &&
          `${arrived.author.slice(0, 60)}${t('common.colon')}${arrived.text.slice(0, spokenLength)}`}
      </VisuallyHidden>
    </div>
  );
}
