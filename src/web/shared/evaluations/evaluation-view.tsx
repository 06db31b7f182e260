import { useTranslation } from 'react-i18next';
import type { Evaluation } from '../../../contract/evaluations.ts';
import { dateFormat } from '../time/locale.ts';
import classes from './evaluation.module.css';

/** One evaluation as people read it: who, when, the score, each mark, the comment. */
export function EvaluationView({ evaluation }: { evaluation: Evaluation }) {
  const { t, i18n } = useTranslation();
  const { by, createdAt, criteria, marks, comment, score } = evaluation;
  const at = dateFormat(i18n.language, { dateStyle: 'long', timeStyle: 'short' }).format(new Date(createdAt));
  const marked = criteria.filter(({ id }) => marks[id] !== undefined);
  return (
    <div className={classes['evaluation']}>
      <p className={classes['head']}>
        <b>
          <bdi>{by.name.slice(0, 200)}</bdi>
        </b>
        <span>{at}</span>
        <strong className={classes['score']}>
          {score === null
            ? t('evaluations.noScore')
            : t('evaluations.scoreOf', { score: score.toLocaleString(i18n.language) })}
        </strong>
      </p>
      {marked.length > 0 && (
        <dl className={classes['marks']}>
          {marked.map(({ id, label, max }) => (
            <div key={id}>
              <dt>
                <bdi>{label}</bdi>
              </dt>
              <dd>
                {marks[id]} / {max}
              </dd>
            </div>
          ))}
        </dl>
      )}
      {comment !== '' && (
        <p className={classes['comment']}>
          <bdi>{comment}</bdi>
        </p>
      )}
    </div>
  );
}
