import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { AuditEntry } from '../../../contract/audit.ts';
import { may, useMe } from '../../shared/session/session-store.ts';
import { Plain } from '../../shared/text/plain.tsx';
import { dateFormat } from '../../shared/time/locale.ts';
import { isKnownAction } from './audit-actions.ts';
import classes from './audit-page.module.css';

const detailsLengthMax = 5_000;

export function AuditRow({ entry }: { entry: AuditEntry }) {
  const { t, i18n } = useTranslation();
  const me = useMe();
  const { at, actor, action, subject, callId, details } = entry;
  const format = dateFormat(i18n.language, { dateStyle: 'short', timeStyle: 'medium' });
  return (
    <tr>
      <td className={classes['at']}>{format.format(new Date(at))}</td>
      <td>
        <Plain text={actor?.name ?? t('audit.system')} strong={actor !== null} dim={actor === null} />
      </td>
      <td>
        <Plain text={isKnownAction(action) ? t(`audit.actions.${action}`) : action} title={action} />
      </td>
      <td>
        <Plain text={subject?.name ?? '—'} />
      </td>
      <td>
        <details className={classes['details']}>
          <summary>
            <Plain text={Object.keys(details).length === 0 ? t('audit.proof') : oneLine(details)} />
          </summary>
          <pre dir="auto">{JSON.stringify(details, null, 2).slice(0, detailsLengthMax)}</pre>
          <pre>{proofOf(entry)}</pre>
        </details>
      </td>
      <td>
        <span className={classes['call']}>
          {callId && may(me, 'calls.view') ? (
            <Link to={`/calls/${callId}?days=all`} aria-label={t('audit.openCall', { id: callId })}>
              {t('call.title')}
            </Link>
          ) : (
            <Plain text={callId ?? '—'} />
          )}
        </span>
      </td>
    </tr>
  );
}

/** `mode: whisper, scope: call`: what an eye needs before it opens the whole. */
function oneLine(details: AuditEntry['details']): string {
  return Object.entries(details)
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ');
}

function proofOf({ id, chainId, sequence, hash }: AuditEntry): string {
  return [`id ${id}`, chainId && `chain ${chainId} #${sequence ?? '?'}`, hash && `SHA-256 ${hash}`]
    .filter(Boolean)
    .join('\n');
}
