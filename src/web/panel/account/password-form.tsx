import { Button, PasswordInput, Stack, Text } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ChangePassword } from '../../../contract/people.ts';
import { RequestProblem, request } from '../../shared/http/request.ts';
import { notifyDone, notifyProblem } from '../../shared/shell/notify.ts';
import classes from './account-page.module.css';
import { passwordLengthMin } from './password-length.ts';

export function PasswordForm() {
  const { t } = useTranslation();
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const [again, setAgain] = useState('');
  const [wrong, setWrong] = useState<{ current?: string; next?: string; again?: string }>({});
  const [busy, setBusy] = useState(false);

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (next.length < passwordLengthMin)
      return setWrong({ next: t('account.tooShort', { count: passwordLengthMin }) });
    if (next !== again) return setWrong({ again: t('account.different') });
    setWrong({});
    setBusy(true);
    try {
      const json: ChangePassword = { current, password: next };
      await request('/api/session/password', { method: 'PUT', json });
      notifyDone(t('account.changed'));
      setCurrent('');
      setNext('');
      setAgain('');
    } catch (error) {
      if (error instanceof RequestProblem && error.code === 'bad-credentials')
        setWrong({ current: t('errors.bad-credentials') });
      else notifyProblem(error);
    } finally {
      setBusy(false);
    }
  }

  return (
    <section className={classes['card']} aria-labelledby="password">
      <Text id="password" component="h2" fw={650} mt={0} mb="sm">
        {t('account.password')}
      </Text>
      <form onSubmit={(event) => void submit(event)}>
        <Stack gap="sm" maw={360}>
          <PasswordInput
            label={t('account.current')}
            value={current}
            onChange={(event) => setCurrent(event.currentTarget.value)}
            error={wrong.current}
            autoComplete="current-password"
            maxLength={1000}
            required
            withAsterisk={false}
          />
          <PasswordInput
            label={t('account.next')}
            description={t('account.nextHint', { count: passwordLengthMin })}
            value={next}
            onChange={(event) => setNext(event.currentTarget.value)}
            error={wrong.next}
            autoComplete="new-password"
            maxLength={1000}
            required
            withAsterisk={false}
          />
          <PasswordInput
            label={t('account.again')}
            value={again}
            onChange={(event) => setAgain(event.currentTarget.value)}
            error={wrong.again}
            autoComplete="new-password"
            maxLength={1000}
            required
            withAsterisk={false}
          />
          <div>
            <Button type="submit" loading={busy} size="xs">
              {t('account.password')}
            </Button>
          </div>
        </Stack>
      </form>
    </section>
  );
}
