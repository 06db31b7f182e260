import { AppError } from '../../contract/errors.ts';
import type { Supervision } from '../../contract/supervisions.ts';
import type { Database } from '../../database/database.ts';
import type { WaitingItem, WriteBehind } from '../../ports/write-behind.ts';
import { deleteReply, type IdempotentRequest, keptReply, saveReply } from './supervision.repository.ts';

export interface KeptReply {
  bodyHash: Buffer;
  reply: Supervision;
}

/** Replies to Idempotency-Keys: in the database, or on this server's disk while that is away. */
export interface KeptReplies {
  /** `save` writes it to the database, with what belongs to it; when that is away the reply is kept here. */
  keep(request: IdempotentRequest, reply: Supervision, save: () => Promise<void>): Promise<void>;
  find(request: IdempotentRequest, sinceMs: number): Promise<KeptReply | undefined>;
  /** The reply of a supervision that never was. */
  takeBack(request: IdempotentRequest, supervisionId: string): Promise<void>;
  /** Brings what is kept here to the database. */
  bringToDatabase(): Promise<void>;
}

const kind = 'kept-reply';
/** More clicks than that, each with a key, are not made while a database is away. */
const hereMax = 10_000;

export function createKeptReplies(db: Database, behind: WriteBehind | undefined): KeptReplies {
  /** What an earlier run of the server has left is looked for once. */
  let mayBeHere = behind !== undefined;

  async function here({ personId, key }: IdempotentRequest): Promise<WaitingItem | undefined> {
    if (!mayBeHere) return;
    const items = (await behind?.oldest(kind, hereMax)) ?? [];
    mayBeHere = items.length > 0;
    return items.find((item) => item.key === nameOf(personId, key));
  }

  return {
    async keep(request, reply, save) {
      try {
        await save();
      } catch (error) {
        if (!behind || !isAway(error)) throw error;
        await behind.put(kind, [itemOf(request, reply)]);
        mayBeHere = true;
      }
    },
    async find(request, sinceMs) {
      const item = await here(request);
      const kept = item ? readItem(item) : undefined;
      if (kept && Date.parse(kept.reply.startedAt) > sinceMs) return kept;
      try {
        return await keptReply(db, request, sinceMs);
      } catch (error) {
        // Neither listening nor its repetition waits for the database: one that began before its outage is found by the
        // supervision that goes on.
        if (behind && isAway(error)) return undefined;
        throw error;
      }
    },
    async takeBack(request, supervisionId) {
      const item = await here(request);
      if (item && readItem(item).reply.id === supervisionId) await behind?.remove(kind, [item]);
      await deleteReply(db, supervisionId, request);
    },
    async bringToDatabase() {
      const items = (await behind?.oldest(kind, hereMax)) ?? [];
      for (const item of items) {
        const { request, reply } = readItem(item);
        await saveReply(db, request, reply);
        await behind?.remove(kind, [item]);
      }
    },
  };
}

const isAway = (error: unknown): boolean =>
  error instanceof AppError && error.code === 'database-unavailable';

const nameOf = (personId: string, key: string): string => JSON.stringify([personId, key]);

const itemOf = (request: IdempotentRequest, reply: Supervision): WaitingItem => {
  const { personId, key, bodyHash } = request;
  return {
    key: nameOf(personId, key),
    body: JSON.stringify({ personId, key, bodyHash: bodyHash.toString('base64'), reply }),
  };
};

function readItem({ body }: WaitingItem): KeptReply & { request: IdempotentRequest } {
  const { personId, key, bodyHash, reply } = JSON.parse(body) as {
    personId: string;
    key: string;
    bodyHash: string;
    reply: Supervision;
  };
  const hash = Buffer.from(bodyHash, 'base64');
  return { bodyHash: hash, reply, request: { personId, key, bodyHash: hash } };
}
