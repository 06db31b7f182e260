import { Button, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

const typedForMs = 250;

/** What is searched for in a list, once one has stopped typing; undefined for everything. */
export function useSearch() {
  const [words, setWords] = useState('');
  const [asked] = useDebouncedValue(words.trim(), typedForMs);
  return { q: asked || undefined, words, setWords };
}

export function SearchField({ words, setWords }: Pick<ReturnType<typeof useSearch>, 'words' | 'setWords'>) {
  const { t } = useTranslation();
  return (
    <TextInput
      size="xs"
      w={200}
      aria-label={t('admin.search')}
      placeholder={t('admin.search')}
      maxLength={100}
      leftSection={<IconSearch size={15} aria-hidden="true" />}
      value={words}
      onChange={(event) => setWords(event.currentTarget.value)}
    />
  );
}

/** `label` says of whom, for those who do not see the row. */
export function RowButton(props: { label: string; text: string; onClick(): void }) {
  return (
    <Button size="compact-sm" variant="default" aria-label={props.label} onClick={props.onClick}>
      {props.text}
    </Button>
  );
}
