import { Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useRef, useState } from 'react';
import type { NamedRef } from '../../../contract/common.ts';
import { queryString, request } from '../../shared/http/request.ts';
import { useResource } from '../../shared/http/use-resource.ts';
import { may, useMe } from '../../shared/session/session-store.ts';
import { isId } from './audit-view.ts';

const typingMs = 250;
const offeredMax = 50;

interface PersonFilterProps {
  label: string;
  value: string | null;
  onChange(id: string | null): void;
}

/** Looked up by name as one types, among logins and agents as far as one may; whoever has an id may give that. */
export function PersonFilter({ label, value, onChange }: PersonFilterProps) {
  const me = useMe();
  const [typed, setTyped] = useState('');
  const [asked] = useDebouncedValue(typed.trim(), typingMs);
  const names = useRef(new Map<string, string>());
  const lists = [may(me, 'people.edit') && '/api/people', may(me, 'agents.view') && '/api/agents'].filter(
    (path) => path !== false,
  );
  const found = useResource(
    (signal) => lookUp(lists, isId(asked) || asked === names.current.get(value ?? '') ? '' : asked, signal),
    [asked, lists],
  );
  const offered = new Map<string, string>();
  for (const { id, name } of found.value ?? []) offered.set(id, name.slice(0, 100));
  for (const [id, name] of offered) names.current.set(id, name);
  for (const id of [value, typed.trim()])
    if (id !== null && isId(id)) offered.set(id, names.current.get(id) ?? id);
  return (
    <Select
      size="xs"
      w={170}
      searchable
      clearable
      aria-label={label}
      placeholder={label}
      data={[...offered].map(([id, name]) => ({ value: id, label: name }))}
      value={value}
      onChange={onChange}
      onSearchChange={setTyped}
      comboboxProps={{ width: 260, position: 'bottom-start' }}
    />
  );
}

async function lookUp(paths: readonly string[], q: string, signal: AbortSignal): Promise<NamedRef[]> {
  const query = queryString({ q: q.slice(0, 100), limit: offeredMax });
  const pages = await Promise.all(
    paths.map((path) => request<{ items: NamedRef[] }>(`${path}${query}`, { signal })),
  );
  return pages.flatMap(({ items }) => items);
}
