import { IconEarOff } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Call } from '../../../contract/calls.ts';
import { dateFormat } from '../../shared/time/locale.ts';
import classes from './call-marks.module.css';

/** What holds now, as a chip: nobody may hear this call. */
export function CallMarkChip({ marks }: { marks: Call['marks'] }) {
  const { t } = useTranslation();
  const kinds = new Set(marks.filter(({ to }) => to === null).map(({ kind }) => kind));
  const kind = kinds.has('objection') ? 'objection' : kinds.has('private') ? 'private' : null;
  if (!kind) return null;
  return (
    <span className={classes['chip']} title={t(`marks.${kind}`)}>
      <IconEarOff size={14} aria-hidden="true" /> {t(`marks.${kind}`)}
    </span>
  );
}

/** Everything that was said of being listened to, with who said it and until when. */
export function CallMarks({ marks }: { marks: Call['marks'] }) {
  const { t, i18n } = useTranslation();
  const time = dateFormat(i18n.language, { timeStyle: 'medium' });
  if (marks.length === 0) return null;
  return (
    <ul className={classes['marks']}>
      {marks.map(({ kind, by, from, to }) => (
        <li key={`${kind} ${from}`}>
          <IconEarOff size={15} aria-hidden="true" />
          <span>
            {time.format(new Date(from))} <b>{t(`marks.${kind}`)}</b> · <bdi>{by.name.slice(0, 200)}</bdi>
            {to && `, ${t('marks.until', { time: time.format(new Date(to)) })}`}
          </span>
        </li>
      ))}
    </ul>
  );
}
