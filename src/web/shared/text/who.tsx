import { useTranslation } from 'react-i18next';
import classes from './plain.module.css';
import { Plain } from './plain.tsx';

/** Name and number of somebody outside, each keeping its own direction; "number withheld" when neither is known. */
export function Who({
  who,
  strong,
  stacked,
}: {
  who: { name: string | null; number: string | null };
  strong?: boolean;
  /** The number below the name, where a column is too narrow for both. */
  stacked?: boolean;
}) {
  const { t } = useTranslation();
  const { name, number } = who;
  if (!name && !number) return <Plain text={t('common.anonymous')} dim />;
  if (!name || name === number) return <Plain text={number ?? ''} strong={strong ?? false} />;
  return (
    <span className={stacked ? classes['stacked'] : classes['who']}>
      <Plain text={name} strong={strong ?? false} />
      {number && (
        <span className={classes['number']}>
          <Plain text={number} dim />
        </span>
      )}
    </span>
  );
}
