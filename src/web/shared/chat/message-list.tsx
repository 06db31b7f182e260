import { Loader } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { ChatPair } from '../../../contract/chat.ts';
import classes from './chat.module.css';
import type { ChatLog } from './chat-log.ts';
import { loadOlder } from './follow-chat.ts';
import { KeptMessage, UnsentMessage } from './message-row.tsx';

const estimatedHeight = 58;
/** Older ones are asked for before the eye reaches the top. */
const olderWithinPx = 600;
const endThresholdPx = 40;

interface MessageListProps {
  pair: ChatPair;
  meId: string;
  partner: string;
  log: ChatLog;
  loaded: boolean;
  readSeq: number;
}

/** Drawn only where the eye is: 10,000 messages cost no more than 30. It stays at its end while new ones come. */
export function MessageList({ pair, meId, partner, log, loaded, readSeq }: MessageListProps) {
  const { t } = useTranslation();
  const scroller = useRef<HTMLDivElement>(null);
  const { messages, outgoing, hasOlder } = log;
  const count = messages.length + outgoing.length;
  const virtualizer = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => estimatedHeight,
    // Sent and kept it is the same one: it keeps its place.
    getItemKey: (i) => messages[i]?.clientId ?? outgoing[i - messages.length]?.clientId ?? i,
    overscan: 8,
    anchorTo: 'end',
    followOnAppend: true,
    scrollEndThreshold: endThresholdPx,
  });
  const isEmpty = count === 0;
  const lastOwn = outgoing.at(-1)?.clientId;
  // When there is something to stand at the end of, and for what one writes oneself, wherever one was.
  // biome-ignore lint/correctness/useExhaustiveDependencies: for these two alone
  useEffect(() => {
    if (!isEmpty) virtualizer.scrollToIndex(count - 1, { align: 'end' });
  }, [isEmpty, lastOwn]);
  /** Somebody has moved it: before, it is only on its way to the end, and older ones would move that end. */
  const moved = useRef(false);
  /** At the very top nothing scrolls any more, but whoever tries wants what is older. */
  function onMove(): void {
    moved.current = true;
    onScroll();
  }

  function onScroll(): void {
    const top = scroller.current?.scrollTop ?? Number.POSITIVE_INFINITY;
    if (hasOlder && moved.current && top < olderWithinPx) loadOlder(pair).catch(() => {});
  }

  return (
    <div
      ref={scroller}
      className={classes['scroller']}
      role="log"
      aria-live="off"
      aria-label={t('chat.with', { name: partner.slice(0, 60) })}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it is scrolled by keyboard
      tabIndex={0}
      onScroll={onScroll}
      onWheel={onMove}
      onTouchMove={onMove}
      onPointerDown={onMove}
      onKeyDown={onMove}
    >
      {!loaded && isEmpty && <Loader size="sm" m="md" aria-label={t('common.loading')} />}
      {loaded && isEmpty && <p className={classes['empty']}>{t('chat.nothingYet')}</p>}
      <div style={{ height: virtualizer.getTotalSize(), position: 'relative' }}>
        {virtualizer.getVirtualItems().map(({ index, key, start }) => {
          const message = messages[index];
          const unsent = outgoing[index - messages.length];
          return (
            <div
              key={key}
              ref={virtualizer.measureElement}
              data-index={index}
              className={classes['place']}
              style={{ transform: `translateY(${start}px)` }}
            >
              {message && (
                <KeptMessage
                  message={message}
                  before={messages[index - 1]}
                  own={message.author.id === meId}
                  read={message.seq === readSeq}
                />
              )}
              {unsent && <UnsentMessage pair={pair} one={unsent} />}
            </div>
          );
        })}
      </div>
    </div>
  );
}
