import { Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Policy } from '../../../contract/policy.ts';
import classes from './admin.module.css';

export interface SectionProps {
  policy: Policy;
  change(part: Partial<Policy>): void;
}

/** One part of the policy: what it does, and what CNIL expects of it. */
export function PolicySection(props: { title: string; hint: string; cnil?: string; children: ReactNode }) {
  const { t } = useTranslation();
  return (
    <fieldset className={classes['set']}>
      <legend>{props.title}</legend>
      <p className={classes['told']}>{props.hint}</p>
      {props.cnil && (
        <p className={classes['cnil']}>
          <b>{t('policy.cnil')}</b> {props.cnil}
        </p>
      )}
      <Stack gap="sm">{props.children}</Stack>
    </fieldset>
  );
}
