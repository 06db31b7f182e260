import { useCallback, useSyncExternalStore } from 'react';
import { Plain } from '../../shared/text/plain.tsx';
import { board } from './live.ts';

/** The name people gave a queue; its id where none is known to this viewer. Changes only when the name does. */
export function useQueueName(id: string): string {
  return useSyncExternalStore(
    useCallback((listener) => board.queues.subscribeRow(id, listener), [id]),
    () => board.queues.get(id)?.name ?? id,
  );
}

/** A queue by its name; the pointer is told its id. */
export function QueueName({ id, dim }: { id: string; dim?: boolean }) {
  return <Plain text={useQueueName(id)} title={id} dim={dim ?? false} />;
}
