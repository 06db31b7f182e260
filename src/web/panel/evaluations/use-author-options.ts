import type { PeoplePage } from '../../../contract/people.ts';
import { request } from '../../shared/http/request.ts';
import { useResource } from '../../shared/http/use-resource.ts';

/** Those who may have written evaluations, for who may look people up. */
export function useAuthorOptions(mayLook: boolean): { value: string; label: string }[] {
  const people = useResource(
    async (signal) => (mayLook ? request<PeoplePage>('/api/people?limit=500', { signal }) : null),
    [mayLook],
  );
  const writers = people.value?.items.filter(({ roles }) =>
    roles.some((role) => role === 'supervisor' || role === 'manager'),
  );
  return writers?.map(({ id, name }) => ({ value: id, label: name.slice(0, 100) })) ?? [];
}
