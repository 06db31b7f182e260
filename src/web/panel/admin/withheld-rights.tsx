import { Button, Group, Select } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { permissionsOf, type Role, roles, withholdable } from '../../../contract/permissions.ts';
import type { Policy } from '../../../contract/policy.ts';
import { useOptions } from './listening-windows.tsx';
import { PolicySection, type SectionProps } from './policy-section.tsx';

type Withheld = Policy['withheld'][number];
const everyTeam = '*';
const withheldMax = 1_000;
/** Roles that have any of these rights at all. */
const holders = roles.filter((role) => withholdable.some((one) => permissionsOf([role]).has(one)));

export function WithheldRights({ policy, change, readOnly }: SectionProps & { readOnly: boolean }) {
  const { t } = useTranslation();
  const teams = useOptions('/api/teams');
  const { withheld } = policy;
  const teamOptions = [{ value: everyTeam, label: t('policy.withheld.everyTeam') }, ...teams];
  const put = (index: number, part: Partial<Withheld>) =>
    change({ withheld: withheld.map((one, i) => (i === index ? { ...one, ...part } : one)) });
  return (
    <PolicySection
      title={t('policy.withheld.title')}
      hint={t('policy.withheld.hint')}
      cnil={t('policy.withheld.cnil')}
    >
      {withheld.map((one, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line has no name but its place
        <Group key={index} align="flex-end" gap="sm">
          <Select
            label={t('policy.withheld.role')}
            data={holders.map((role) => ({ value: role, label: t(`roles.${role}`) }))}
            value={one.role}
            onChange={(role) => role && put(index, { role: role as Role })}
            allowDeselect={false}
            w={170}
          />
          <Select
            label={t('policy.withheld.permission')}
            data={withholdable.map((right) => ({
              value: right,
              label: t(`policy.withheld.permissions.${right}`),
            }))}
            value={one.permission}
            onChange={(right) => right && put(index, { permission: right as Withheld['permission'] })}
            allowDeselect={false}
            w={250}
          />
          <Select
            label={t('policy.withheld.team')}
            data={teamOptions}
            value={one.teamId ?? everyTeam}
            onChange={(team) => team && put(index, { teamId: team === everyTeam ? null : team })}
            allowDeselect={false}
            searchable
            w={220}
          />
          {!readOnly && (
            <Button
              type="button"
              variant="default"
              onClick={() => change({ withheld: withheld.filter((_, i) => i !== index) })}
            >
              {t('policy.withheld.remove')}
            </Button>
          )}
        </Group>
      ))}
      {!readOnly && withheld.length < withheldMax && (
        <Group>
          <Button
            type="button"
            size="xs"
            variant="default"
            leftSection={<IconPlus size={15} />}
            onClick={() => change({ withheld: [...withheld, firstWithheld] })}
          >
            {t('policy.withheld.add')}
          </Button>
        </Group>
      )}
    </PolicySection>
  );
}

const firstWithheld: Withheld = { role: 'supervisor', teamId: null, permission: 'supervision.barge' };
