import { useLocalStorage } from '@mantine/hooks';
import {
  IconAddressBook,
  IconBellCog,
  IconClipboardCheck,
  IconCoffee,
  IconDeviceTv,
  IconHeadset,
  IconHistory,
  IconId,
  IconKey,
  IconLayoutSidebarLeftCollapse,
  IconLayoutSidebarLeftExpand,
  IconLogout,
  IconMessages,
  IconPhone,
  IconShieldCheck,
  IconStack2,
  IconUserCircle,
  IconUsersGroup,
  type TablerIcon,
} from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { Link, NavLink } from 'react-router';
import type { Permission } from '../../../contract/permissions.ts';
import type { Session } from '../../../contract/session.ts';
import { Mark } from '../../shared/brand/mark.tsx';
import { may } from '../../shared/session/session-store.ts';
import { signOut } from '../../shared/session/session-verbs.ts';
import { notifyProblem } from '../../shared/shell/notify.ts';
import { AlertBell } from '../alerts/alert-bell.tsx';
import { ChatButton } from '../chat/chat-button.tsx';
import { LinkDot } from './link-dot.tsx';
import { PhoneButton } from './phone-button.tsx';
import classes from './shell.module.css';

interface Entry {
  to: string;
  label:
    | 'nav.live'
    | 'nav.calls'
    | 'nav.agents'
    | 'nav.people'
    | 'nav.teams'
    | 'nav.queues'
    | 'nav.alerts'
    | 'nav.pauses'
    | 'nav.policy'
    | 'nav.audit'
    | 'nav.evaluations'
    | 'nav.exchanges';
  icon: TablerIcon;
  needs: Permission;
}
interface Group {
  label: 'nav.engagement' | 'nav.administration' | null;
  entries: Entry[];
}

const groups: Group[] = [
  { label: null, entries: [{ to: '/', label: 'nav.live', icon: IconHeadset, needs: 'live.view' }] },
  {
    label: 'nav.engagement',
    entries: [
      { to: '/calls', label: 'nav.calls', icon: IconPhone, needs: 'calls.view' },
      { to: '/evaluations', label: 'nav.evaluations', icon: IconClipboardCheck, needs: 'evaluations.write' },
      { to: '/exchanges', label: 'nav.exchanges', icon: IconMessages, needs: 'chat.read-all' },
    ],
  },
  {
    label: 'nav.administration',
    entries: [
      { to: '/admin/agents', label: 'nav.agents', icon: IconAddressBook, needs: 'agents.edit' },
      { to: '/admin/teams', label: 'nav.teams', icon: IconUsersGroup, needs: 'teams.edit' },
      { to: '/admin/queues', label: 'nav.queues', icon: IconStack2, needs: 'queues.edit' },
      { to: '/admin/pauses', label: 'nav.pauses', icon: IconCoffee, needs: 'queues.edit' },
      { to: '/admin/alerts', label: 'nav.alerts', icon: IconBellCog, needs: 'queues.edit' },
      { to: '/admin/policy', label: 'nav.policy', icon: IconShieldCheck, needs: 'policy.view' },
      { to: '/admin/people', label: 'nav.people', icon: IconKey, needs: 'people.edit' },
      { to: '/audit', label: 'nav.audit', icon: IconHistory, needs: 'audit.view' },
    ],
  },
];

export function SideMenu({ session }: { session: Session }) {
  const { t } = useTranslation();
  const [small, setSmall] = useLocalStorage({
    key: 'vigie.small-menu',
    defaultValue: false,
    getInitialValueInEffect: false,
  });
  const roles = session.person.roles.map((role) => t(`roles.${role}`)).join(', ');
  const Fold = small ? IconLayoutSidebarLeftExpand : IconLayoutSidebarLeftCollapse;
  return (
    <nav className={classes['side']} aria-label={t('nav.main')} data-small={small || undefined}>
      <Link to="/" className={classes['brand']} aria-label="Vigie">
        <Mark size={30} />
        <span className={classes['word']}>Vigie</span>
      </Link>
      {groups.map((group) => (
        <MenuGroup key={group.label} group={group} session={session} />
      ))}
      <div className={classes['foot']}>
        {may(session, 'live.view') && (
          <>
            <LinkDot />
            <AlertBell className={classes['item'] ?? ''} wordClassName={classes['word'] ?? ''} />
            <Link to="/wall" className={classes['item']} title={t('wall.open')}>
              <IconDeviceTv size={19} aria-hidden="true" />
              <span className={classes['word']}>{t('wall.open')}</span>
            </Link>
          </>
        )}
        {may(session, 'chat.write') && (
          <ChatButton
            personId={session.person.id}
            className={classes['item'] ?? ''}
            wordClassName={classes['word'] ?? ''}
          />
        )}
        {may(session, 'supervision.listen') && <PhoneButton personId={session.person.id} />}
        {may(session, 'agent-page') && (
          <a href="/agent" className={classes['item']} title={t('agentPage.open')}>
            <IconId size={19} aria-hidden="true" />
            <span className={classes['word']}>{t('agentPage.open')}</span>
          </a>
        )}
        <NavLink to="/account" className={classes['item']} title={`${t('nav.account')} (${roles})`}>
          <IconUserCircle size={19} aria-hidden="true" />
          <span className={`${classes['word']} ${classes['two']}`}>
            <bdi className={classes['word']}>{session.person.name.slice(0, 100)}</bdi>
            <small>{roles}</small>
          </span>
        </NavLink>
        <button
          type="button"
          className={classes['item']}
          title={t('nav.signOut')}
          onClick={() => void signOut().catch(notifyProblem)}
        >
          <IconLogout size={19} aria-hidden="true" />
          <span className={classes['word']}>{t('nav.signOut')}</span>
        </button>
        <button
          type="button"
          className={classes['item']}
          aria-label={t(small ? 'nav.expand' : 'nav.collapse')}
          title={t(small ? 'nav.expand' : 'nav.collapse')}
          onClick={() => setSmall(!small)}
        >
          <Fold size={19} aria-hidden="true" />
          <span className={classes['word']}>{t('nav.collapse')}</span>
        </button>
      </div>
    </nav>
  );
}

function MenuGroup({ group, session }: { group: Group; session: Session }) {
  const { t } = useTranslation();
  const entries = group.entries.filter(({ needs }) => may(session, needs));
  if (entries.length === 0) return null;
  return (
    <>
      {group.label && <div className={classes['group']}>{t(group.label)}</div>}
      <ul className={classes['nav']}>
        {entries.map(({ to, label, icon: Icon }) => (
          <li key={to}>
            <NavLink to={to} end={to === '/'} className={classes['item']} title={t(label)}>
              <Icon size={19} aria-hidden="true" />
              <span className={classes['word']}>{t(label)}</span>
            </NavLink>
          </li>
        ))}
      </ul>
    </>
  );
}
