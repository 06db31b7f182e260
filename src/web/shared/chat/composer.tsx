import { ActionIcon, Menu, Textarea } from '@mantine/core';
import { IconMessageBolt, IconSend2 } from '@tabler/icons-react';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type ChatPair, messageLengthMax } from '../../../contract/chat.ts';
import classes from './chat.module.css';
import { sayTyping } from './follow-chat.ts';
import { send } from './outbox.ts';

/** From here on it says how much room is left. */
const counterFrom = messageLengthMax - 500;
const shownLength = 120;

/** What was begun in each thread, so that looking into another loses nothing. */
const drafts = new Map<string, string>();

/** Enter sends, Shift and Enter begin a new line. */
export function Composer({ pair, readyMade }: { pair: ChatPair; readyMade: readonly string[] }) {
  const { t } = useTranslation();
  const key = `${pair.agentId} ${pair.supervisorId}`;
  const field = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState(drafts.get(key) ?? '');
  useEffect(() => {
    drafts.set(key, text);
  }, [key, text]);
  const length = [...text.trim()].length;
  const tooLong = length > messageLengthMax;

  function submit(): void {
    if (length === 0 || tooLong || !send(pair, text.trim())) return;
    setText('');
  }
  function onKeyDown(event: KeyboardEvent): void {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    submit();
  }
  function insert(ready: string): void {
    setText((before) => (before.trim() === '' ? ready : `${before.trimEnd()} ${ready}`));
    field.current?.focus();
  }

  return (
    <div className={classes['composer']}>
      {readyMade.length > 0 && (
        <Menu position="top-start" withinPortal={false} width={300}>
          <Menu.Target>
            <ActionIcon
              variant="default"
              size={36}
              aria-label={t('chat.readyMade')}
              title={t('chat.readyMade')}
            >
              <IconMessageBolt size={18} aria-hidden="true" />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown className={classes['ready'] ?? ''}>
            {readyMade.map((ready) => (
              <Menu.Item key={ready} onClick={() => insert(ready)}>
                <bdi>{ready.slice(0, shownLength)}</bdi>
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      )}
      <Textarea
        ref={field}
        className={classes['field'] ?? ''}
        aria-label={t('chat.write')}
        placeholder={t('chat.write')}
        description={length > counterFrom ? `${length} / ${messageLengthMax}` : undefined}
        error={tooLong ? t('errors.message-too-long') : undefined}
        dir="auto"
        autosize
        minRows={1}
        maxRows={5}
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
          sayTyping(pair);
        }}
        onKeyDown={onKeyDown}
        data-autofocus
      />
      <ActionIcon
        size={36}
        onClick={submit}
        disabled={length === 0 || tooLong}
        aria-label={t('chat.send')}
        title={t('chat.send')}
      >
        <IconSend2 size={18} aria-hidden="true" />
      </ActionIcon>
    </div>
  );
}
