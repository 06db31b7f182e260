import { UnstyledButton } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { ChatFound } from '../../../contract/chat.ts';
import { dateFormat } from '../../shared/time/locale.ts';
import classes from './chat-dock.module.css';

const shownLength = 300;

interface FoundMessagesProps {
  /** Null until they were read. */
  found: readonly ChatFound[] | null;
  titleOf(found: ChatFound): string;
  onOpen(found: ChatFound): void;
}

/** Messages that hold what was searched for, each a way to where it stands. */
export function FoundMessages({ found, titleOf, onOpen }: FoundMessagesProps) {
  const { t, i18n } = useTranslation();
  const format = dateFormat(i18n.language, { dateStyle: 'short', timeStyle: 'short' });
  if (found?.length === 0) return <p className={classes['search']}>{t('chat.foundNothing')}</p>;
  return (
    <ul className={classes['found']} aria-label={t('chat.found')}>
      {found?.map((one) => (
        <li key={one.message.id}>
          <UnstyledButton className={classes['foundOne']} onClick={() => onOpen(one)}>
            <small>
              <bdi>{titleOf(one)}</bdi> · {format.format(new Date(one.message.sentAt))}
            </small>
            <span className={classes['foundText']} dir="auto">
              {one.message.text.slice(0, shownLength)}
            </span>
          </UnstyledButton>
        </li>
      ))}
    </ul>
  );
}
