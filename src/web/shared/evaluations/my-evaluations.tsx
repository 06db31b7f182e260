import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Evaluation } from '../../../contract/evaluations.ts';
import { usePages } from '../http/use-pages.ts';
import classes from './evaluation.module.css';
import { EvaluationView } from './evaluation-view.tsx';

/** What was said of the agent who looks, where the policy shows it to him. */
export function MyEvaluations() {
  const { t } = useTranslation();
  const list = usePages<Evaluation>('/api/evaluations/mine', {});
  if (list.problem) return <p className={classes['told']}>{t(`errors.${list.problem.code}`)}</p>;
  if (list.items === null) return <p className={classes['told']}>{t('common.loading')}</p>;
  if (list.items.length === 0) return <p className={classes['told']}>{t('evaluations.mineNone')}</p>;
  return (
    <>
      <ul className={classes['list']} aria-label={t('evaluations.mine')}>
        {list.items.map((evaluation) => (
          <li key={evaluation.id}>
            <EvaluationView evaluation={evaluation} />
          </li>
        ))}
      </ul>
      {list.more && (
        <Button variant="default" size="xs" mt="xs" loading={list.loading} onClick={list.loadMore}>
          {t('common.more')}
        </Button>
      )}
    </>
  );
}
