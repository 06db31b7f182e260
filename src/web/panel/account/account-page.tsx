import { Group, Stack, Switch, Text } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { seesEveryTeam } from '../../../contract/permissions.ts';
import type { Session } from '../../../contract/session.ts';
import { LanguageChoice } from '../../shared/shell/language-choice.tsx';
import { ThemeChoice } from '../../shared/shell/theme-choice.tsx';
import { PageHead } from '../shell/page-head.tsx';
import { setShortcuts, shortcutsOn } from '../shell/shortcuts.ts';
import classes from './account-page.module.css';
import { PasswordForm } from './password-form.tsx';

export default function AccountPage({ session }: { session: Session }) {
  const { t } = useTranslation();
  const [shortcuts, setOn] = useState(shortcutsOn);
  const { person } = session;
  const teams = seesEveryTeam(person.roles)
    ? t('account.everyTeam')
    : person.teams.map(({ name }) => name).join(', ');
  return (
    <div className={classes['page']}>
      <PageHead title={t('account.title')} hint={person.name.slice(0, 200)} />
      <dl className={classes['card']}>
        <Fact label={t('account.login')}>{person.login ?? t('common.none')}</Fact>
        <Fact label={t('account.roles')}>{person.roles.map((role) => t(`roles.${role}`)).join(', ')}</Fact>
        <Fact label={t('account.teams')}>{teams || t('common.none')}</Fact>
        <Fact label={t('account.phone')}>{person.device ?? t('account.noPhone')}</Fact>
      </dl>
      <section className={classes['card']} aria-labelledby="display">
        <Text id="display" component="h2" fw={650} mt={0} mb="sm">
          {t('account.display')}
        </Text>
        <Stack gap="sm">
          <Group>
            <Text size="sm" w={90}>
              {t('language.label')}
            </Text>
            <LanguageChoice />
          </Group>
          <Group>
            <Text size="sm" w={90}>
              {t('theme.label')}
            </Text>
            <ThemeChoice />
          </Group>
          <Switch
            label={t('account.shortcuts')}
            description={t('account.shortcutsHint')}
            checked={shortcuts}
            onChange={(event) => {
              setShortcuts(event.currentTarget.checked);
              setOn(event.currentTarget.checked);
            }}
          />
        </Stack>
      </section>
      {person.login !== null && <PasswordForm />}
    </div>
  );
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className={classes['fact']}>
      <dt>{label}</dt>
      <dd>
        <bdi>{children}</bdi>
      </dd>
    </div>
  );
}
