import { useTranslation } from 'react-i18next';
import type { Policy, PolicyVersion } from '../../../contract/policy.ts';
import { dateFormat } from '../../shared/time/locale.ts';
import classes from './admin.module.css';

/** Who changed what of the policy, and when. */
export function PolicyHistory({ versions }: { versions: readonly PolicyVersion[] }) {
  const { t, i18n } = useTranslation();
  const format = dateFormat(i18n.language, { dateStyle: 'long', timeStyle: 'short' });
  return (
    <section className={classes['set']} aria-labelledby="policy-history">
      <h2 id="policy-history" className={classes['heading']}>
        {t('policy.history.title')}
      </h2>
      {versions.length === 0 && <p className={classes['told']}>{t('policy.history.none')}</p>}
      <ol className={classes['history']}>
        {versions.map(({ version, at, by, changed }) => (
          <li key={version}>
            <b>{t('policy.history.line', { version, at: format.format(new Date(at)) })}</b>{' '}
            <bdi>{by ? by.name.slice(0, 200) : t('policy.history.unknown')}</bdi>
            {changed.length > 0 && (
              <small>
                {changed.map((field) => t(`policy.history.fields.${field as keyof Policy}`)).join(', ')}
              </small>
            )}
          </li>
        ))}
      </ol>
    </section>
  );
}
