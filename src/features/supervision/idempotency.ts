import { createHash } from 'node:crypto';
import { AppError } from '../../contract/errors.ts';
import type { StartSupervision, Supervision } from '../../contract/supervisions.ts';
import type { Clock } from '../../ports/clock.ts';
import type { KeptReplies } from './kept-replies.ts';
import type { IdempotentRequest } from './supervision.repository.ts';

/** How long a reply is kept for its Idempotency-Key. */
export const idempotencyMs = 24 * 3_600_000;

type Work = (request: IdempotentRequest | null) => Promise<Supervision>;

/** The same key gives the same reply, while the first is under way and for 24 h after it succeeded. */
export function createIdempotency({ replies, clock }: { replies: KeptReplies; clock: Clock }) {
  const underWay = new Map<string, { bodyHash: Buffer; reply: Promise<Supervision> }>();

  async function keptOrNew(request: IdempotentRequest, work: Work): Promise<Supervision> {
    const kept = await replies.find(request, clock.now() - idempotencyMs);
    if (!kept) return work(request);
    assertSameBody(kept.bodyHash, request);
    return kept.reply;
  }

  return {
    /** Without a key: just the work. Throws `idempotency-key-reused` for another body under the same key. */
    async once(
      personId: string,
      key: string | undefined,
      wish: StartSupervision,
      work: Work,
    ): Promise<Supervision> {
      if (key === undefined) return work(null);
      const request = { personId, key, bodyHash: hashOf(wish) };
      const name = `${personId} ${key}`;
      const first = underWay.get(name);
      if (first) {
        assertSameBody(first.bodyHash, request);
        return first.reply;
      }
      const reply = keptOrNew(request, work);
      underWay.set(name, { bodyHash: request.bodyHash, reply });
      try {
        return await reply;
      } finally {
        underWay.delete(name);
      }
    },
  };
}

function assertSameBody(bodyHash: Buffer, request: IdempotentRequest): void {
  if (!bodyHash.equals(request.bodyHash)) throw new AppError('idempotency-key-reused');
}

/** The route is part of it: a key used there for something else is a key used with another body. */
function hashOf(wish: StartSupervision): Buffer {
  const fields = Object.entries(wish).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify(['POST /api/supervisions', fields]))
    .digest();
}
