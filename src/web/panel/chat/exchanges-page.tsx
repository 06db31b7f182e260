import { Button, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';
import type { ChatFound, ChatThread } from '../../../contract/chat.ts';
import { Threads } from '../../shared/chat/thread-list.tsx';
import { usePages } from '../../shared/http/use-pages.ts';
import type { Resource } from '../../shared/http/use-resource.ts';
import { LoadProblem } from '../admin/load-problem.tsx';
import { PersonFilter } from '../admin/person-filter.tsx';
import { PageHead } from '../shell/page-head.tsx';
import classes from './exchanges-page.module.css';
import { FoundMessages } from './found-messages.tsx';
import { ReadThread } from './read-thread.tsx';

const typedForMs = 400;
const wordsLengthMax = 200;

interface Open {
  threadId: string;
  /** The message that was searched for. */
  seq?: number;
}

/** What supervisors and one agent wrote to one another, for who may read along: the person, his threads, one of them. */
export default function ExchangesPage() {
  const { t } = useTranslation();
  const [params, setParams] = useSearchParams();
  const of = params.get('of');
  const [words, setWords] = useState('');
  const [asked] = useDebouncedValue(words.trim(), typedForMs);
  const [open, setOpen] = useState<Open | null>(null);
  return (
    <div className={classes['page']}>
      <PageHead title={t('exchanges.title')} hint={t('exchanges.hint')}>
        <PersonFilter
          label={t('exchanges.person')}
          value={of}
          onChange={(id) => {
            setParams(id === null ? {} : { of: id }, { replace: true });
            setOpen(null);
          }}
        />
        <TextInput
          type="search"
          size="xs"
          w={220}
          aria-label={t('chat.search')}
          placeholder={t('chat.search')}
          leftSection={<IconSearch size={15} aria-hidden="true" />}
          maxLength={wordsLengthMax}
          disabled={of === null}
          value={words}
          onChange={(event) => setWords(event.currentTarget.value)}
        />
      </PageHead>
      {of === null ? (
        <p className={classes['empty']}>{t('exchanges.choose')}</p>
      ) : (
        <div className={classes['both']}>
          <section className={classes['list']} aria-label={t('chat.title')}>
            {asked === '' ? (
              <OfPerson
                key={of}
                of={of}
                openId={open?.threadId}
                onOpen={({ id }) => setOpen({ threadId: id })}
              />
            ) : (
              <Found key={of} of={of} words={asked} onOpen={({ message }) => setOpen(message)} />
            )}
          </section>
          {open ? (
            <ReadThread key={`${open.threadId} ${open.seq}`} threadId={open.threadId} around={open.seq} />
          ) : (
            <p className={classes['empty']}>{t('exchanges.open')}</p>
          )}
        </div>
      )}
    </div>
  );
}

const bothNames = ({ agent, supervisor }: Pick<ChatThread, 'agent' | 'supervisor'>): string =>
  `${agent.name.slice(0, 60)} · ${supervisor.name.slice(0, 60)}`;

function OfPerson(props: { of: string; openId: string | undefined; onOpen(thread: ChatThread): void }) {
  const list = usePages<ChatThread>('/api/chat/threads', { of: props.of });
  return (
    <Paged list={list}>
      <Threads threads={list.items} titleOf={bothNames} openId={props.openId} onOpen={props.onOpen} />
    </Paged>
  );
}

function Found(props: { of: string; words: string; onOpen(found: ChatFound): void }) {
  const list = usePages<ChatFound>('/api/chat/messages', { of: props.of, q: props.words });
  return (
    <Paged list={list}>
      <FoundMessages found={list.items} titleOf={bothNames} onOpen={props.onOpen} />
    </Paged>
  );
}

interface PagedProps {
  list: Omit<Resource<unknown>, 'value'> & { items: unknown[] | null; more: boolean; loadMore(): void };
  children: ReactNode;
}

/** Loading, failure, the rows, and more of them. */
function Paged({ list, children }: PagedProps) {
  const { t } = useTranslation();
  const { items, problem, more, loading, loadMore } = list;
  if (items === null || problem) return <LoadProblem of={{ ...list, value: items }} />;
  return (
    <>
      {children}
      {more && (
        <Button size="compact-sm" variant="default" m="xs" loading={loading} onClick={loadMore}>
          {t('common.more')}
        </Button>
      )}
    </>
  );
}
