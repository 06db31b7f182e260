import { useTranslation } from 'react-i18next';
import classes from './plain.module.css';
import { Plain } from './plain.tsx';

/** Name and number of somebody outside, each keeping its own direction; "number withheld" when neither is known. */
export function Who({
  who,
  strong,
}: {
  who: { name: string | null; number: string | null };
  strong?: boolean;
}) {
  const { t } = useTranslation();
  const { name, number } = who;
  if (!name && !number) return <Plain text={t('common.anonymous')} dim />;
  if (!name || name === number) return <Plain text={number ?? ''} strong={strong ?? false} />;
  return (
    <span className={classes['who']}>
      <Plain text={name} strong={strong ?? false} />
      {number && (
        <span className={classes['number']}>
          <Plain text={number} dim />
        </span>
      )}
    </span>
  );
}
