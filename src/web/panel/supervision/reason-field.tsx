import { Button, Group, Select, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';

const reasonLengthMax = 200;

interface ReasonFieldProps {
  value: string;
  onChange: (reason: string) => void;
  /** Offered as buttons beside the text. */
  offered: readonly string[];
  /** No other than those offered. */
  only: boolean;
  required: boolean;
  wrong: boolean;
}

/** Why one listens: free text with the usual reasons a click away, or one of the policy's list. */
export function ReasonField({ value, onChange, offered, only, required, wrong }: ReasonFieldProps) {
  const { t } = useTranslation();
  const common = {
    label: t('start.reason'),
    description: required ? t('start.reasonHint') : t('start.reasonFree'),
    error: wrong ? t('start.needReason') : undefined,
    'data-autofocus': true,
  };
  if (only) {
    return (
      <Select
        {...common}
        value={offered.includes(value) ? value : null}
        onChange={(reason) => onChange(reason ?? '')}
        data={[...offered]}
        allowDeselect={!required}
        comboboxProps={{ withinPortal: true }}
      />
    );
  }
  return (
    <>
      <TextInput
        {...common}
        value={value}
        maxLength={reasonLengthMax}
        onChange={(event) => onChange(event.currentTarget.value)}
        onFocus={(event) => event.currentTarget.select()}
        autoComplete="off"
      />
      {offered.length > 0 && (
        <Group gap={6} role="group" aria-label={t('start.recent')}>
          {offered.map((one) => (
            <Button
              key={one}
              type="button"
              variant="default"
              size="compact-xs"
              maw={180}
              onClick={() => onChange(one)}
            >
              <bdi style={{ overflow: 'hidden', textOverflow: 'ellipsis' }}>{one}</bdi>
            </Button>
          ))}
        </Group>
      )}
    </>
  );
}
