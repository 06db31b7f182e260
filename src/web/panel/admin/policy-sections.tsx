import { Radio, Stack, Switch, TagsInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { type InformAgent, informAgentWays, protectedLines } from '../../../contract/policy.ts';
import classes from './admin.module.css';
import { PolicySection, type SectionProps } from './policy-section.tsx';
import { useQueueKeys } from './use-names.ts';

export function ReasonSection({ policy, change }: SectionProps) {
  const { t } = useTranslation();
  return (
    <PolicySection
      title={t('policy.reason.title')}
      hint={t('policy.reason.hint')}
      cnil={t('policy.reason.cnil')}
    >
      <Switch
        label={t('policy.reason.required')}
        checked={policy.reasonRequired}
        onChange={(event) => change({ reasonRequired: event.currentTarget.checked })}
      />
      <TagsInput
        label={t('policy.reason.offered')}
        description={t('policy.reason.offeredHint')}
        value={policy.reasons}
        onChange={(reasons) => change({ reasons: reasons.map((reason) => reason.slice(0, 200)) })}
        maxTags={50}
        splitChars={[]}
        acceptValueOnBlur
      />
      <Switch
        label={t('policy.reason.only')}
        checked={policy.reasonsOnly}
        onChange={(event) => change({ reasonsOnly: event.currentTarget.checked })}
      />
    </PolicySection>
  );
}

export function InformSection({ policy, change }: SectionProps) {
  const { t } = useTranslation();
  return (
    <PolicySection
      title={t('policy.inform.title')}
      hint={t('policy.inform.hint')}
      cnil={t('policy.inform.cnil')}
    >
      <Radio.Group
        label={t('policy.inform.way')}
        value={policy.informAgent}
        onChange={(way) => change({ informAgent: way as InformAgent })}
      >
        <Stack gap={6} mt={6}>
          {informAgentWays.map((way) => (
            <Radio key={way} value={way} label={t(`policy.inform.ways.${way}`)} />
          ))}
        </Stack>
      </Radio.Group>
      <Switch
        label={t('policy.inform.who')}
        checked={policy.informAgentWho}
        onChange={(event) => change({ informAgentWho: event.currentTarget.checked })}
      />
      <Switch
        label={t('policy.inform.screen')}
        checked={policy.informAgentOfScreen}
        onChange={(event) => change({ informAgentOfScreen: event.currentTarget.checked })}
      />
    </PolicySection>
  );
}

export function ProtectSection({ policy, change }: SectionProps) {
  const { t } = useTranslation();
  const queueIds = useQueueKeys();
  return (
    <PolicySection
      title={t('policy.protect.title')}
      hint={t('policy.protect.hint')}
      cnil={t('policy.protect.cnil')}
    >
      <TagsInput
        label={t('policy.protect.numbers')}
        description={t('policy.protect.numbersHint')}
        value={policy.protectedNumbers}
        // As people write numbers: spaces, dots and dashes are not part of them.
        onChange={(numbers) =>
          change({ protectedNumbers: [...new Set(numbers.map((number) => number.replace(/[\s.()-]/g, '')))] })
        }
        maxTags={1_000}
        acceptValueOnBlur
      />
      <TagsInput
        label={t('policy.protect.queues')}
        data={queueIds}
        value={policy.protectedQueues}
        onChange={(protectedQueues) => change({ protectedQueues })}
        maxTags={200}
        acceptValueOnBlur
      />
      <Switch
        label={t('policy.protect.internal')}
        checked={policy.protectInternalCalls}
        onChange={(event) => change({ protectInternalCalls: event.currentTarget.checked })}
      />
      <div>
        <Switch
          label={t('policy.protect.lines')}
          checked={policy.protectEmergencyLines}
          onChange={(event) => change({ protectEmergencyLines: event.currentTarget.checked })}
        />
        <details className={classes['lines']}>
          <summary>{t('policy.protect.linesList', { count: protectedLines.length })}</summary>
          <ul>
            {protectedLines.map(({ number, country, what }) => (
              <li key={number} lang={country === 'FR' ? 'fr' : 'en'}>
                <b>{number}</b> {what}
              </li>
            ))}
          </ul>
        </details>
      </div>
      <Switch
        label={t('policy.protect.private')}
        checked={policy.agentsMayMarkPrivate}
        onChange={(event) => change({ agentsMayMarkPrivate: event.currentTarget.checked })}
      />
    </PolicySection>
  );
}

export function EvaluationSection({ policy, change }: SectionProps) {
  const { t } = useTranslation();
  return (
    <PolicySection
      title={t('policy.evaluations.title')}
      hint={t('policy.evaluations.hint')}
      cnil={t('policy.evaluations.cnil')}
    >
      <Switch
        label={t('policy.evaluations.shown')}
        checked={policy.evaluationsShownToAgent}
        onChange={(event) => change({ evaluationsShownToAgent: event.currentTarget.checked })}
      />
    </PolicySection>
  );
}
