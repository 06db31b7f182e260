import {
  IconAlertTriangle,
  IconDatabaseOff,
  IconInfoCircle,
  IconPlugConnectedX,
  IconRefresh,
} from '@tabler/icons-react';
import { type ReactNode, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { LivePbx } from '../../../contract/live.ts';
import { may, useMe } from '../../shared/session/session-store.ts';
import { dateFormat } from '../../shared/time/locale.ts';
import { board, useLink, useRows } from './live.ts';
import classes from './notices.module.css';

/** What the panel must say about its own truth: link to the server, link to each PBX, what is not known. */
export function Notices() {
  const { t, i18n } = useTranslation();
  const link = useLink();
  const pbxs = useRows(board.pbxs);
  const storage = useSyncExternalStore(board.storage.subscribe, board.storage.get);
  const me = useMe();
  const mayEditPeople = may(me, 'people.edit');
  const time = dateFormat(i18n.language, { timeStyle: 'medium' });
  return (
    <div className={classes['notices']} role="status">
      {link.state === 'reconnecting' && (
        <Notice kind="warn" icon={<IconRefresh size={16} className={classes['turn']} aria-hidden="true" />}>
          {t('link.reconnecting')} {link.at && t('link.stale', { time: time.format(new Date(link.at)) })}
        </Notice>
      )}
      {link.state === 'live' && pbxs.length === 0 && (
        <Notice kind="warn" icon={<IconPlugConnectedX size={16} aria-hidden="true" />}>
          {t('pbx.noPbx')}
        </Notice>
      )}
      {pbxs.map((pbx) => (
        <PbxNotice key={pbx.name} pbx={pbx} />
      ))}
      {storage && storage.state !== 'written' && (
        <Notice
          kind={storage.state === 'kept-here' ? 'info' : 'warn'}
          icon={<IconDatabaseOff size={16} aria-hidden="true" />}
          detail={storage.detail}
        >
          {t(storage.state === 'kept-here' ? 'storage.keptHere' : 'storage.notKept')}
        </Notice>
      )}
      {may(me, 'supervision.listen') && me.person.device === null && (
        <Notice kind="info" icon={<IconInfoCircle size={16} aria-hidden="true" />}>
          {t(mayEditPeople ? 'start.noPhoneSetIt' : 'start.noPhoneAsk', { login: me.person.login ?? '' })}{' '}
          {mayEditPeople && <Link to="/admin/people">{t('start.openPeople')}</Link>}
        </Notice>
      )}
    </div>
  );
}

const hints = {
  refused: 'pbx.refusedHint',
  replaced: 'pbx.replacedHint',
  'too-old': 'pbx.tooOldHint',
} as const;

function PbxNotice({ pbx }: { pbx: LivePbx }) {
  const { t } = useTranslation();
  const { name, state, ami } = pbx;
  if (state !== 'connected') {
    return (
      <Notice kind="bad" icon={<IconPlugConnectedX size={16} aria-hidden="true" />} detail={pbx.detail}>
        <b>{t(`pbx.${state}`, { name })}</b> {state !== 'disconnected' && t(hints[state])} {t('pbx.frozen')}
      </Notice>
    );
  }
  if (!pbx.commandsAnswered) {
    return (
      <Notice kind="bad" icon={<IconPlugConnectedX size={16} aria-hidden="true" />}>
        <b>{t('pbx.noCommands', { name })}</b> {t('pbx.noCommandsHint')}
      </Notice>
    );
  }
  if (ami === 'connected') return null;
  const seconds = Math.round((pbx.queueMembershipMaxAgeMs ?? 10_000) / 1000);
  return (
    <Notice
      kind={ami === 'disconnected' ? 'warn' : 'info'}
      icon={
        ami === 'disconnected' ? (
          <IconAlertTriangle size={16} aria-hidden="true" />
        ) : (
          <IconInfoCircle size={16} aria-hidden="true" />
        )
      }
    >
      {ami === 'disconnected' ? t('pbx.amiDown', { name }) : t('pbx.noAmi', { name, seconds })}
    </Notice>
  );
}

function Notice(props: {
  kind: 'info' | 'warn' | 'bad';
  icon: ReactNode;
  detail?: string | null;
  children: ReactNode;
}) {
  return (
    <div className={classes['notice']} data-kind={props.kind}>
      {props.icon}
      <span>{props.children}</span>
      {props.detail ? <bdi className={classes['detail']}>{props.detail.slice(0, 300)}</bdi> : null}
    </div>
  );
}
