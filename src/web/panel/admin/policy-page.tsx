import { Alert, Button, Center, Group, Loader, Stack, Text } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Policy, PolicyVersion } from '../../../contract/policy.ts';
import { RequestProblem, request } from '../../shared/http/request.ts';
import { useResource } from '../../shared/http/use-resource.ts';
import { notifyDone } from '../../shared/shell/notify.ts';
import { PageHead } from '../shell/page-head.tsx';
import classes from './admin.module.css';
import { GridForm } from './grid-form.tsx';
import { ListeningWindows } from './listening-windows.tsx';
import { PolicyHistory } from './policy-history.tsx';
import { EvaluationSection, InformSection, ProtectSection, ReasonSection } from './policy-sections.tsx';
import { RetentionSection } from './retention-section.tsx';
import { WithheldRights } from './withheld-rights.tsx';

const path = '/api/policy';

/** What the policy rules, section by section, with what CNIL expects of each. */
export default function PolicyPage({ readOnly }: { readOnly: boolean }) {
  const { t } = useTranslation();
  const policy = useResource((signal) => request<Policy>(path, { signal }), [path]);
  const versions = useResource(
    (signal) => request<{ items: PolicyVersion[] }>(`${path}/versions?limit=10`, { signal }),
    [path],
  );
  const reload = () => {
    policy.reload();
    versions.reload();
  };
  const problem = policy.problem ?? versions.problem;
  return (
    <div className={classes['page']}>
      <PageHead title={t('policy.title')} hint={t('policy.hint')} />
      {problem && (
        <Alert color="red" role="alert">
          <Group>
            {t(`errors.${problem.code}`)}
            <Button size="compact-sm" variant="default" onClick={reload}>
              {t('common.retry')}
            </Button>
          </Group>
        </Alert>
      )}
      {policy.value && versions.value ? (
        <>
          <PolicyForm
            key={versions.value.items[0]?.version ?? 0}
            first={policy.value}
            version={versions.value.items[0]?.version ?? 0}
            readOnly={readOnly}
            onSaved={reload}
          />
          <GridForm readOnly={readOnly} />
          <PolicyHistory versions={versions.value.items} />
        </>
      ) : (
        !problem && (
          <Center p="xl">
            <Loader aria-label={t('common.loading')} />
          </Center>
        )
      )}
    </div>
  );
}

interface PolicyFormProps {
  first: Policy;
  /** The version the form was made from: nobody's change is lost by saving it. */
  version: number;
  readOnly: boolean;
  onSaved(): void;
}

function PolicyForm({ first, version, readOnly, onSaved }: PolicyFormProps) {
  const { t } = useTranslation();
  const [policy, setPolicy] = useState(first);
  const [busy, setBusy] = useState(false);
  const [complaint, setComplaint] = useState<string | null>(null);
  const change = (part: Partial<Policy>) => setPolicy((before) => ({ ...before, ...part }));

  async function save(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    setComplaint(null);
    try {
      await request(path, { method: 'PUT', json: policy, headers: { 'if-match': `"${version}"` } });
      notifyDone(t('policy.saved'));
      onSaved();
    } catch (error) {
      setComplaint(wordsFor(error));
    } finally {
      setBusy(false);
    }
  }

  function wordsFor(error: unknown): string {
    if (!(error instanceof RequestProblem)) return t('errors.internal');
    const field = String(error.body['field'] ?? '').split('.')[0] as keyof typeof wrongFields;
    const known = error.code === 'validation-failed' && field in wrongFields;
    return known ? t(`policy.wrong.${field}`) : t(`errors.${error.code}`);
  }

  const section = { policy, change };
  return (
    <form onSubmit={(event) => void save(event)}>
      <fieldset className={classes['whole']} disabled={readOnly} aria-label={t('policy.title')}>
        <Stack gap="md">
          {readOnly && <Text size="sm">{t('policy.readOnly')}</Text>}
          <ReasonSection {...section} />
          <InformSection {...section} />
          <ListeningWindows {...section} readOnly={readOnly} />
          <ProtectSection {...section} />
          <EvaluationSection {...section} />
          <WithheldRights {...section} readOnly={readOnly} />
          <RetentionSection {...section} />
          {complaint && (
            <Alert color="red" role="alert">
              {complaint}
            </Alert>
          )}
          {!readOnly && (
            <Group className={classes['save']}>
              <Button type="submit" loading={busy}>
                {t('common.save')}
              </Button>
              <Button type="button" variant="default" onClick={() => setPolicy(first)}>
                {t('common.cancel')}
              </Button>
            </Group>
          )}
        </Stack>
      </fieldset>
    </form>
  );
}

/** Fields that a person can get wrong here, each with words of its own. */
const wrongFields = { windows: true, timeZone: true, reasons: true, protectedNumbers: true } as const;
