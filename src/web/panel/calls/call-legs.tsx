import { useTranslation } from 'react-i18next';
import type { Call } from '../../../contract/calls.ts';
import { Plain } from '../../shared/text/plain.tsx';
import { dateFormat } from '../../shared/time/locale.ts';
import classes from './call-detail.module.css';

const columns = [
  ['channel', 'auto'],
  ['role', 80],
  ['from', 76],
  ['to', 76],
  ['cause', 70],
] as const;

/** The raw truth for whoever has to look at the PBX's own log. */
export function CallLegs({ legs }: { legs: Call['legs'] }) {
  const { t, i18n } = useTranslation();
  const format = dateFormat(i18n.language, { timeStyle: 'medium' });
  const time = (at: string | null) => (at ? format.format(new Date(at)) : '—');
  if (legs.length === 0) return null;
  return (
    <section aria-labelledby="call-legs">
      <h3 id="call-legs">{t('call.legs')}</h3>
      <table className={classes['legs']}>
        <thead>
          <tr>
            {columns.map(([column, width]) => (
              <th key={column} scope="col" style={{ width }}>
                {t(`call.legColumns.${column}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {legs.map((leg) => (
            <tr key={leg.uniqueId}>
              <td>
                <Plain text={leg.channel} />
              </td>
              <td>{t(`role.${leg.role}`)}</td>
              <td>{time(leg.startedAt)}</td>
              <td>{time(leg.endedAt)}</td>
              <td>{[leg.cause, leg.sipCode].filter((code) => code !== null).join(' / ') || '—'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
