import { TextInput, UnstyledButton } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ChatFoundPage } from '../../../contract/chat.ts';
import { partnerOf } from '../../shared/chat/chat-store.ts';
import { queryString, request } from '../../shared/http/request.ts';
import { useResource } from '../../shared/http/use-resource.ts';
import { dateFormat } from '../../shared/time/locale.ts';
import classes from './chat-dock.module.css';
import { chatDock } from './open-chat.ts';

const typedForMs = 250;
const wordsLengthMax = 200;

/** A field to search one's own conversations; what is below it stands there until something is searched. */
export function MessageSearch({ meId, children }: { meId: string; children: ReactNode }) {
  const { t } = useTranslation();
  const [words, setWords] = useState('');
  const [wanted] = useDebouncedValue(words.trim(), typedForMs);
  return (
    <>
      <div className={classes['search']}>
        <TextInput
          type="search"
          size="sm"
          aria-label={t('chat.search')}
          placeholder={t('chat.search')}
          leftSection={<IconSearch size={16} aria-hidden="true" />}
          maxLength={wordsLengthMax}
          value={words}
          onChange={(event) => setWords(event.currentTarget.value)}
        />
      </div>
      {wanted === '' ? children : <Found words={wanted} meId={meId} />}
    </>
  );
}

function Found({ words, meId }: { words: string; meId: string }) {
  const { t, i18n } = useTranslation();
  const { value } = useResource<ChatFoundPage>(
    (signal) => request(`/api/chat/messages${queryString({ q: words })}`, { signal }),
    [words],
  );
  const format = dateFormat(i18n.language, { dateStyle: 'short', timeStyle: 'short' });
  if (value?.items.length === 0) return <p className={classes['search']}>{t('chat.foundNothing')}</p>;
  return (
    <ul className={classes['found']} aria-label={t('chat.found')}>
      {value?.items.map((found) => (
        <li key={found.message.id}>
          <UnstyledButton
            className={classes['foundOne']}
            onClick={() =>
              chatDock.set({ open: true, agentId: found.agent.id, supervisorId: found.supervisor.id })
            }
          >
            <small>
              <bdi>{partnerOf(found, meId).slice(0, 60)}</bdi> ·{' '}
              {format.format(new Date(found.message.sentAt))}
            </small>
            <span className={classes['foundText']} dir="auto">
              {found.message.text.slice(0, 300)}
            </span>
          </UnstyledButton>
        </li>
      ))}
    </ul>
  );
}
