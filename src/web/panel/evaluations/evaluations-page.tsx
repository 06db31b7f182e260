import { Button, NumberInput, Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconDownload } from '@tabler/icons-react';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useSearchParams } from 'react-router';
import type { Evaluation } from '../../../contract/evaluations.ts';
import { queryString } from '../../shared/http/request.ts';
import { usePages } from '../../shared/http/use-pages.ts';
import { may, useMe } from '../../shared/session/session-store.ts';
import { Plain } from '../../shared/text/plain.tsx';
import { dateFormat } from '../../shared/time/locale.ts';
import admin from '../admin/admin.module.css';
import { AdminList } from '../admin/admin-list.tsx';
import calls from '../calls/calls-page.module.css';
import { dayOf, readView, toApi, writeView } from '../calls/filters.ts';
import { PeriodFilter } from '../calls/period-filter.tsx';
import { useAgentOptions } from '../calls/use-agent-options.ts';
import { PageHead } from '../shell/page-head.tsx';
import { useAuthorOptions } from './use-author-options.ts';

const typingMs = 250;
const ownFilters = ['author', 'scoreMin', 'scoreMax'] as const;

/** Every evaluation the viewer may read, filtered as the address says. */
export default function EvaluationsPage() {
  const { t } = useTranslation();
  const me = useMe();
  const [params, setParams] = useSearchParams();
  const agents = useAgentOptions();
  const authors = useAuthorOptions(may(me, 'evaluations.view-all') && may(me, 'people.edit'));
  const search = params.toString();
  // Without a period in the address: all of them, for an evaluation is looked for long after its day.
  const view = useMemo(() => {
    const given = new URLSearchParams(search);
    if (!given.has('fromDay') && !given.has('toDay')) given.set('days', 'all');
    return readView(given, dayOf(new Date()));
  }, [search]);
  const { from, to, agent } = toApi(view);
  const own = Object.fromEntries(ownFilters.map((name) => [name, params.get(name) || undefined]));
  const asked = { from, to, agent, ...own };
  const [query] = useDebouncedValue(JSON.stringify(asked), typingMs);
  const list = usePages<Evaluation>('/api/evaluations', JSON.parse(query) as typeof asked);
  const change = (part: Partial<typeof view>, more: Partial<typeof own> = {}) => {
    const next = writeView({ ...view, ...part });
    for (const [name, value] of Object.entries({ ...own, ...more })) if (value) next.set(name, value);
    setParams(next, { replace: true });
  };
  const columns = (['at', 'agent', 'author', 'score', 'comment', 'actions'] as const).map((column) =>
    t(`evaluations.columns.${column}`),
  );
  return (
    <div className={admin['page']}>
      <PageHead title={t('evaluations.title')} hint={t('evaluations.hint')}>
        <Button
          component="a"
          href={`/api/evaluations.csv${queryString(asked)}`}
          download
          size="xs"
          variant="default"
          leftSection={<IconDownload size={16} />}
        >
          {t('evaluations.csv')}
        </Button>
      </PageHead>
      <search className={calls['filters']}>
        <PeriodFilter view={view} onChange={change} />
        <Select
          size="xs"
          w={190}
          searchable
          clearable
          limit={200}
          aria-label={t('evaluations.agent')}
          placeholder={t('evaluations.agent')}
          data={agents}
          value={view.agent}
          onChange={(value) => change({ agent: value })}
        />
        {authors.length > 0 && (
          <Select
            size="xs"
            w={190}
            searchable
            clearable
            limit={200}
            aria-label={t('evaluations.author')}
            placeholder={t('evaluations.author')}
            data={authors}
            value={own['author'] ?? null}
            onChange={(value) => change({}, { author: value ?? undefined })}
          />
        )}
        {(['scoreMin', 'scoreMax'] as const).map((name) => (
          <NumberInput
            key={name}
            size="xs"
            w={130}
            min={0}
            max={100}
            clampBehavior="strict"
            aria-label={t(`evaluations.${name}`)}
            placeholder={t(`evaluations.${name}`)}
            value={own[name] ?? ''}
            onChange={(value) => change({}, { [name]: value === '' ? undefined : String(value) })}
          />
        ))}
      </search>
      <AdminList
        label={t('evaluations.title')}
        list={list}
        columns={columns}
        wide={4}
        empty={t('evaluations.empty')}
        row={(evaluation) => <Row key={evaluation.id} evaluation={evaluation} />}
      />
    </div>
  );
}

function Row({ evaluation }: { evaluation: Evaluation }) {
  const { t, i18n } = useTranslation();
  const { agent, by, score, comment, createdAt, callId } = evaluation;
  const at = dateFormat(i18n.language, { dateStyle: 'short', timeStyle: 'short' }).format(
    new Date(createdAt),
  );
  return (
    <tr>
      <td>{at}</td>
      <td>
        <Plain text={agent.name} strong />
      </td>
      <td>
        <Plain text={by.name} />
      </td>
      <td>
        {score === null
          ? t('evaluations.noScore')
          : t('evaluations.scoreOf', { score: score.toLocaleString(i18n.language) })}
      </td>
      <td>
        <Plain text={comment} />
      </td>
      <td>
        <span className={admin['actions']}>
          <Button
            component={Link}
            to={`/calls/${callId}?days=all`}
            size="compact-sm"
            variant="default"
            aria-label={t('evaluations.open', { at })}
          >
            {t('call.title')}
          </Button>
        </span>
      </td>
    </tr>
  );
}
