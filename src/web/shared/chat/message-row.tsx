import { Button } from '@mantine/core';
import { IconSpeakerphone } from '@tabler/icons-react';
import i18next from 'i18next';
import { useTranslation } from 'react-i18next';
import type { ChatMessage, ChatPair } from '../../../contract/chat.ts';
import { dateFormat } from '../time/locale.ts';
import classes from './chat.module.css';
import type { Outgoing } from './chat-log.ts';
import { discard, sendAgain } from './outbox.ts';

const nameLength = 80;

interface KeptMessageProps {
  message: ChatMessage;
  before: ChatMessage | undefined;
  own: boolean;
  /** On the side of one's own, though another wrote it. */
  side?: boolean;
  /** The newest one that the other has read. */
  read: boolean;
}

export function KeptMessage({ message, before, own, side = own, read }: KeptMessageProps) {
  const { t, i18n } = useTranslation();
  const day = dateFormat(i18n.language, { dateStyle: 'full' });
  const at = new Date(message.sentAt);
  const isNewDay = !before || day.format(new Date(before.sentAt)) !== day.format(at);
  return (
    <>
      {isNewDay && <p className={classes['day']}>{day.format(at)}</p>}
      <div className={classes['message']} data-own={side || undefined} data-seq={message.seq}>
        <p className={classes['by']}>
          {message.broadcast && <IconSpeakerphone size={13} role="img" aria-label={t('chat.toTeam')} />}
          <bdi>{own ? t('chat.me') : message.author.name.slice(0, nameLength)}</bdi>
          <time dateTime={message.sentAt}>
            {dateFormat(i18n.language, { timeStyle: 'short' }).format(at)}
          </time>
        </p>
        <p className={classes['text']} dir="auto">
          {message.text}
        </p>
        {own && read && <p className={classes['state']}>{t('chat.read')}</p>}
      </div>
    </>
  );
}

export function UnsentMessage({ pair, one }: { pair: ChatPair; one: Outgoing }) {
  const { t } = useTranslation();
  const code = one.code ?? 'internal';
  return (
    <div className={classes['message']} data-own data-unsent={one.state}>
      <p className={classes['text']} dir="auto">
        {one.text}
      </p>
      {one.state === 'sending' && <p className={classes['state']}>{t('chat.sending')}</p>}
      {one.state === 'waiting' && (
        <p className={classes['state']} data-bad>
          {t('chat.waiting')}
        </p>
      )}
      {one.state === 'refused' && (
        <>
          <p className={classes['state']} data-bad role="alert">
            {t('chat.notSent')} {t(i18next.exists(`errors.${code}`) ? `errors.${code}` : 'errors.internal')}
          </p>
          <Button.Group>
            <Button size="compact-xs" variant="default" onClick={() => sendAgain(pair, one.clientId)}>
              {t('chat.sendAgain')}
            </Button>
            <Button size="compact-xs" variant="default" onClick={() => discard(pair, one.clientId)}>
              {t('chat.discard')}
            </Button>
          </Button.Group>
        </>
      )}
    </div>
  );
}
