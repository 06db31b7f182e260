import type { Static } from 'typebox';
import type { NamedRef } from '../../../contract/common.ts';
import type { QueuesPage } from '../../../contract/queues.ts';
import { request } from '../../shared/http/request.ts';
import { useResource } from '../../shared/http/use-resource.ts';

/** Names already in use, offered while one types; free text stays possible. */
export function useTeamNames(): string[] {
  const teams = useResource((signal) => request<{ items: NamedRef[] }>('/api/teams', { signal }), []);
  return teams.value?.items.map(({ name }) => name) ?? [];
}
export function useQueueIds(): string[] {
  const queues = useResource((signal) => request<Static<typeof QueuesPage>>('/api/queues', { signal }), []);
  return queues.value?.items.map(({ id }) => id) ?? [];
}
