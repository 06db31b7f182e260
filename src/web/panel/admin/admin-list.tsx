import { Alert, Button, Center, Group, Loader } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { RequestProblem } from '../../shared/http/request.ts';
import classes from './admin.module.css';

interface AdminListProps<T> {
  label: string;
  list: {
    items: T[] | null;
    problem: RequestProblem | null;
    loading: boolean;
    reload(): void;
    more?: boolean;
    loadMore?(): void;
  };
  columns: string[];
  /** Which column has most to say, and so most room. */
  wide?: number;
  empty: string;
  row(item: T): ReactNode;
}

/** The one look of administration's lists: loading, failure, nothing, rows, more. */
export function AdminList<T>({ label, list, columns, wide, empty, row }: AdminListProps<T>) {
  const { t } = useTranslation();
  if (list.problem) {
    return (
      <Alert color="red" role="alert">
        <Group>
          {t(`errors.${list.problem.code}`)}
          <Button size="compact-sm" variant="default" onClick={list.reload}>
            {t('common.retry')}
          </Button>
        </Group>
      </Alert>
    );
  }
  if (list.items === null) {
    return (
      <Center p="xl">
        <Loader aria-label={t('common.loading')} />
      </Center>
    );
  }
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <section className={classes['wrap']} tabIndex={0} aria-label={label}>
        {list.items.length === 0 ? (
          <p className={classes['none']}>{empty}</p>
        ) : (
          <table className={classes['table']}>
            <thead>
              <tr>
                {columns.map((column, i) => (
                  <th key={column} scope="col" data-wide={i === wide || undefined}>
                    {column}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>{list.items.map(row)}</tbody>
          </table>
        )}
      </section>
      {list.more && (
        <Group>
          <Button variant="default" size="xs" loading={list.loading} onClick={list.loadMore}>
            {t('common.more')}
          </Button>
        </Group>
      )}
    </>
  );
}
