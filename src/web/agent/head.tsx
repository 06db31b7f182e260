import { ActionIcon, Menu } from '@mantine/core';
import { IconDotsVertical, IconHeadset, IconLogout } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Session } from '../../contract/session.ts';
import { Mark } from '../shared/brand/mark.tsx';
import { may } from '../shared/session/session-store.ts';
import { signOut } from '../shared/session/session-verbs.ts';
import { LanguageChoice } from '../shared/shell/language-choice.tsx';
import { notifyProblem } from '../shared/shell/notify.ts';
import { ThemeChoice } from '../shared/shell/theme-choice.tsx';
import classes from './head.module.css';
import { useOwnLink } from './own-page.ts';

export function Head({ session }: { session: Session }) {
  const { t } = useTranslation();
  const link = useOwnLink();
  const linkText = t(link === 'live' ? 'link.live' : 'link.connecting');
  return (
    <header className={classes['head']}>
      <Mark size={26} />
      <span className={classes['name']}>
        <bdi>{session.person.name.slice(0, 100)}</bdi>
        <small className={classes['link']} title={linkText}>
          <span className={classes['dot']} data-link={link} aria-hidden="true" />
          {linkText}
        </small>
      </span>
      <Menu position="bottom-end" width={260} withinPortal={false} withInitialFocusPlaceholder={false}>
        <Menu.Target>
          <ActionIcon
            variant="transparent"
            className={classes['more'] ?? ''}
            size={36}
            aria-label={t('agentPage.menu')}
            title={t('agentPage.menu')}
          >
            <IconDotsVertical size={20} aria-hidden="true" />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {may(session, 'live.view') && (
            <Menu.Item component="a" href="/" leftSection={<IconHeadset size={16} aria-hidden="true" />}>
              {t('nav.live')}
            </Menu.Item>
          )}
          <Menu.Item
            leftSection={<IconLogout size={16} aria-hidden="true" />}
            onClick={() => void signOut().catch(notifyProblem)}
          >
            {t('nav.signOut')}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </header>
  );
}

/** At the foot of the page: language and theme. */
export function Choices() {
  return (
    <footer className={classes['foot']}>
      <LanguageChoice />
      <ThemeChoice />
    </footer>
  );
}
