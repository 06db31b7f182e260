import { AriError } from './errors.ts';
import type { AriCall, AriReply, AriTransport } from './transport.ts';

interface Pending {
  call: AriCall;
  resolve: (reply: AriReply) => void;
  reject: (error: unknown) => void;
}

export interface WebsocketTransport extends AriTransport {
  onResponse(response: Record<string, unknown>): void;
  onLinkDown(): void;
}

/**
 * REST over the events' own websocket: RESTRequest and RESTResponse of the API description
 * (Asterisk 20.14, 21.9, 22.4 and later). `sendText` returns false while there is no connection.
 */
export function createWebsocketTransport(sendText: (text: string) => boolean): WebsocketTransport {
  const pending = new Map<string, Pending>();
  let lastId = 0;

  function send(call: AriCall): Promise<AriReply> {
    return new Promise((resolve, reject) => {
      lastId += 1;
      const id = String(lastId);
      const forget = () => {
        pending.delete(id);
        call.signal.removeEventListener('abort', onAbort);
      };
      const onAbort = () => {
        forget();
        reject(call.signal.reason);
      };
      const settled: Pending = {
        call,
        resolve: (reply) => {
          forget();
          resolve(reply);
        },
        reject: (error) => {
          forget();
          reject(error);
        },
      };
      if (!sendText(restRequest(id, call))) {
        const { method, path } = call;
        reject(new AriError({ code: 'ari-unreachable', reason: 'no websocket is open', method, path }));
        return;
      }
      call.sent = true;
      pending.set(id, settled);
      call.signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  return {
    send,
    onResponse(response) {
      // An answer that comes after its deadline has nobody waiting.
      pending.get(String(response['request_id']))?.resolve(readResponse(response));
    },
    onLinkDown() {
      for (const { call, reject } of [...pending.values()]) {
        const { method, path } = call;
        reject(
          new AriError({ code: 'ari-cut', reason: 'the websocket closed', method, path, mayHaveRun: true }),
        );
      }
    },
    close() {},
  };
}

function restRequest(id: string, { method, target, body }: AriCall): string {
  const content = body === undefined ? {} : { content_type: 'application/json', message_body: body };
  return JSON.stringify({
    type: 'RESTRequest',
    transaction_id: id,
    request_id: id,
    method,
    uri: target.slice(1),
    ...content,
  });
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : '');

function readResponse(response: Record<string, unknown>): AriReply {
  return {
    status: Number(response['status_code']) || 0,
    statusText: textOf(response['reason_phrase']),
    contentType: textOf(response['content_type']),
    content: textOf(response['message_body']),
  };
}
