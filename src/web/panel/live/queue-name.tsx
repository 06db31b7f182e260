import { useCallback, useSyncExternalStore } from 'react';
import { queueKey } from '../../../contract/queues.ts';
import { Plain } from '../../shared/text/plain.tsx';
import { board } from './live.ts';

/** The name people gave a queue; its name on the PBX where none is known to this viewer. Changes only when the name does. */
export function useQueueName(pbx: string, id: string): string {
  const key = queueKey(pbx, id);
  return useSyncExternalStore(
    useCallback((listener) => board.queues.subscribeRow(key, listener), [key]),
    () => board.queues.get(key)?.name ?? id,
  );
}

/** A queue by its name; the pointer is told its name on the PBX. */
export function QueueName({ pbx, id, dim }: { pbx: string; id: string; dim?: boolean }) {
  return <Plain text={useQueueName(pbx, id)} title={id} dim={dim ?? false} />;
}
