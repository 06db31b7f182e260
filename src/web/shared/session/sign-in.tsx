import { Alert, Button, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core';
import { IconAlertCircle } from '@tabler/icons-react';
import { type FormEvent, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Mark } from '../brand/mark.tsx';
import { RequestProblem } from '../http/request.ts';
import { LanguageChoice } from '../shell/language-choice.tsx';
import { ThemeChoice } from '../shell/theme-choice.tsx';
import { signIn } from './session-verbs.ts';
import classes from './sign-in.module.css';

export function SignIn({ expired }: { expired: boolean }) {
  const { t } = useTranslation();
  const [busy, setBusy] = useState(false);
  const [code, setCode] = useState<RequestProblem['code'] | null>(null);
  const password = useRef<HTMLInputElement>(null);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    setCode(null);
    try {
      await signIn(String(form.get('login')).trim(), String(form.get('password')));
    } catch (error) {
      setCode(error instanceof RequestProblem ? error.code : 'internal');
      setBusy(false);
      password.current?.select();
    }
  }

  return (
    <div className={classes['page']}>
      <main className={classes['card']}>
        <div className={classes['brand']}>
          <Mark size={44} />
          <div>
            <Text className={classes['name']}>Vigie</Text>
            <Text size="sm" c="dimmed">
              {t('signIn.tagline')}
            </Text>
          </div>
        </div>
        <Title order={1} size="h4" mb="sm">
          {t('signIn.title')}
        </Title>
        <form onSubmit={(event) => void submit(event)}>
          <Stack gap="sm">
            {expired && code === null && <Alert color="yellow">{t('signIn.expired')}</Alert>}
            {code !== null && (
              <Alert color="red" icon={<IconAlertCircle />} role="alert">
                {t(`errors.${code}`)}
              </Alert>
            )}
            <TextInput
              name="login"
              label={t('signIn.login')}
              autoComplete="username"
              autoCapitalize="none"
              spellCheck={false}
              maxLength={100}
              required
              withAsterisk={false}
              autoFocus
            />
            <PasswordInput
              ref={password}
              name="password"
              label={t('signIn.password')}
              autoComplete="current-password"
              maxLength={1000}
              required
              withAsterisk={false}
            />
            <Button type="submit" loading={busy} fullWidth mt="xs">
              {t('signIn.submit')}
            </Button>
            <Text size="xs" c="dimmed">
              {t('signIn.forgotten')}
            </Text>
          </Stack>
        </form>
      </main>
      <footer className={classes['foot']}>
        <LanguageChoice />
        <ThemeChoice />
      </footer>
    </div>
  );
}
