import { TagsInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { teamsMax } from '../../../contract/common.ts';
import { useTeamNames } from './use-names.ts';

interface TeamsFieldProps {
  hint: string;
  value: string[];
  onChange(names: string[]): void;
}

/** Names of teams: those there are, and new ones. */
export function TeamsField({ hint, value, onChange }: TeamsFieldProps) {
  const { t } = useTranslation();
  return (
    <TagsInput
      label={t('admin.agents.teams')}
      description={hint}
      data={useTeamNames()}
      value={value}
      onChange={onChange}
      maxTags={teamsMax}
      acceptValueOnBlur
    />
  );
}
