import { Select } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useManyPbxs } from '../live/many-pbxs.ts';

/** Which PBX the phones are on; nothing where there is one only. */
export function PbxSelect({ value, onChange }: { value: string | null; onChange(pbx: string): void }) {
  const { t } = useTranslation();
  const pbxs = useManyPbxs();
  if (pbxs.length === 0) return null;
  // One that is not configured any more is still said to be his.
  const data = [...new Set([...pbxs, ...(value === null ? [] : [value])])];
  return (
    <Select
      label={t('admin.pbx')}
      description={t('admin.pbxHint')}
      data={data}
      value={value}
      onChange={(chosen) => chosen !== null && onChange(chosen)}
      allowDeselect={false}
      required
    />
  );
}
