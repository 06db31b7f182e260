import { useTranslation } from 'react-i18next';
import type { Call } from '../../../contract/calls.ts';
import { dateFormat } from '../../shared/time/locale.ts';
import classes from './call-detail.module.css';
import { partyText } from './party.ts';

const textLengthMax = 2_000;

export function CallFacts({ call }: { call: Call }) {
  const { t, i18n } = useTranslation();
  const party = (one: { name: string | null; number: string | null }) =>
    partyText(one, t('common.anonymous')).slice(0, textLengthMax);
  const facts: [string, string | number | null][] = [
    [t('call.caller'), party(call.caller)],
    [t('call.callee'), call.callee.name || call.callee.number ? party(call.callee) : null],
    [t('call.dialled'), call.dialled],
    [t('call.origin'), t(`origin.${call.origin}`)],
    [t('call.endedBy'), call.endedBy && t(`endedBy.${call.endedBy}`)],
    [t('call.cause'), call.cause],
    [t('call.sip'), call.sipCode],
    [
      t('call.lastSeen'),
      call.lastSeenAt &&
        dateFormat(i18n.language, { dateStyle: 'short', timeStyle: 'medium' }).format(
          new Date(call.lastSeenAt),
        ),
    ],
    [t('call.pbx'), call.pbx],
    [t('call.uniqueId'), call.uniqueId],
  ];
  return (
    <section aria-labelledby="call-facts">
      <h3 id="call-facts">{t('call.facts')}</h3>
      <dl className={classes['facts']}>
        {facts
          .filter(([, value]) => value !== null && value !== '')
          .map(([label, value]) => (
            <div key={label} style={{ display: 'contents' }}>
              <dt>{label}</dt>
              <dd>
                <bdi>{String(value).slice(0, textLengthMax)}</bdi>
              </dd>
            </div>
          ))}
      </dl>
    </section>
  );
}
