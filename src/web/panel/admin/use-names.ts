import type { Static } from 'typebox';
import type { NamedRef } from '../../../contract/common.ts';
import { type QueuesPage, queueKey } from '../../../contract/queues.ts';
import { request } from '../../shared/http/request.ts';
import { useResource } from '../../shared/http/use-resource.ts';
import { useManyPbxs } from '../live/many-pbxs.ts';

/** Names already in use, offered while one types; free text stays possible. */
export function useTeamNames(): string[] {
  const teams = useResource((signal) => request<{ items: NamedRef[] }>('/api/teams', { signal }), []);
  return teams.value?.items.map(({ name }) => name) ?? [];
}
export function useQueueIds(): string[] {
  const queues = useResource((signal) => request<Static<typeof QueuesPage>>('/api/queues', { signal }), []);
  return [...new Set(queues.value?.items.map(({ id }) => id))];
}
/** As the policy names them: those of every PBX, and, where there are several, those of one. */
export function useQueueKeys(): string[] {
  const pbxs = useManyPbxs();
  const queues = useResource((signal) => request<Static<typeof QueuesPage>>('/api/queues', { signal }), []);
  const all = queues.value?.items ?? [];
  const keys = pbxs.length > 0 ? all.map(({ pbx, id }) => queueKey(pbx, id)) : [];
  return [...new Set([...all.map(({ id }) => id), ...keys])];
}
