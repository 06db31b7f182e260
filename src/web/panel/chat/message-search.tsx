import { TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ChatFoundPage } from '../../../contract/chat.ts';
import { partnerOf } from '../../shared/chat/chat-store.ts';
import { queryString, request } from '../../shared/http/request.ts';
import { useResource } from '../../shared/http/use-resource.ts';
import classes from './chat-dock.module.css';
import { FoundMessages } from './found-messages.tsx';
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
  const { value } = useResource<ChatFoundPage>(
    (signal) => request(`/api/chat/messages${queryString({ q: words })}`, { signal }),
    [words],
  );
  return (
    <FoundMessages
      found={value?.items ?? null}
      titleOf={(found) => partnerOf(found, meId).slice(0, 60)}
      onOpen={({ agent, supervisor }) =>
        chatDock.set({ open: true, agentId: agent.id, supervisorId: supervisor.id })
      }
    />
  );
}
