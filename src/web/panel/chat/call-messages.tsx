import { useTranslation } from 'react-i18next';
import type { ChatFound } from '../../../contract/chat.ts';
import { request } from '../../shared/http/request.ts';
import { useResource } from '../../shared/http/use-resource.ts';
import { dateFormat } from '../../shared/time/locale.ts';
import classes from './chat-dock.module.css';

/** What supervisors and agent wrote to one another while the call went on; nothing where there is nothing to read. */
export function CallMessages({ callId }: { callId: string }) {
  const { t, i18n } = useTranslation();
  const { value } = useResource<{ items: ChatFound[] }>(
    (signal) => request(`/api/calls/${callId}/messages`, { signal }),
    [callId],
  );
  if (!value || value.items.length === 0) return null;
  const time = dateFormat(i18n.language, { timeStyle: 'medium' });
  return (
    <section aria-labelledby="call-messages">
      <h3 id="call-messages">{t('chat.ofCall')}</h3>
      <ol className={classes['of']}>
        {value.items.map(({ message, agent, supervisor }) => (
          <li key={message.id}>
            <small>
              <time dateTime={message.sentAt}>{time.format(new Date(message.sentAt))}</time>{' '}
              <bdi>{message.author.name.slice(0, 80)}</bdi> →{' '}
              <bdi>{(message.author.id === agent.id ? supervisor : agent).name.slice(0, 80)}</bdi>
            </small>
            <p dir="auto">{message.text}</p>
          </li>
        ))}
      </ol>
    </section>
  );
}
