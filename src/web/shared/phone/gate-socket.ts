import type { Socket } from 'jssip';
import {
  type PhoneConnection,
  phoneGatePath,
  phoneProtocol,
  phoneTicketPrefix,
} from '../../../contract/phones.ts';

export interface GateSocketOptions {
  /** A new ticket each time: it opens the gate once. Rejects when there is none to have. */
  fetchConnection: () => Promise<PhoneConnection>;
  /** The gate closed with this code. */
  onClose: (code: number) => void;
}

/** The websocket of our own server, as JsSIP wants one. */
export class GateSocket implements Socket {
  readonly url: string;
  readonly sip_uri = 'sip:vigie.invalid;transport=ws';
  via_transport = 'WS';
  onconnect: () => void = () => {};
  ondisconnect: (error: boolean, code?: number, reason?: string) => void = () => {};
  ondata: (data: unknown) => void = () => {};
  readonly #options: GateSocketOptions;
  #ws: WebSocket | null = null;
  #attempt = 0;

  constructor(options: GateSocketOptions) {
    this.#options = options;
    const url = new URL(phoneGatePath, location.href);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    this.url = url.href;
  }

  connect(): void {
    this.#attempt += 1;
    const attempt = this.#attempt;
    this.#options.fetchConnection().then(
      ({ ticket }) => {
        if (attempt === this.#attempt) this.#open(ticket);
      },
      () => {
        if (attempt === this.#attempt) this.ondisconnect(true);
      },
    );
  }

  disconnect(): void {
    this.#attempt += 1;
    this.#ws?.close();
    this.#ws = null;
  }

  send(message: string | ArrayBufferLike | Blob | ArrayBufferView): boolean {
    if (!this.isConnected() || typeof message !== 'string') return false;
    this.#ws?.send(message);
    return true;
  }

  isConnected(): boolean {
    return this.#ws?.readyState === WebSocket.OPEN;
  }

  isConnecting(): boolean {
    return this.#ws?.readyState === WebSocket.CONNECTING;
  }

  #open(ticket: string): void {
    const ws = new WebSocket(this.url, [phoneProtocol, phoneTicketPrefix + ticket]);
    this.#ws = ws;
    ws.onopen = () => this.onconnect();
    ws.onmessage = ({ data }) => this.ondata(data);
    ws.onclose = ({ code, reason }) => {
      if (this.#ws !== ws) return;
      this.#ws = null;
      this.#options.onClose(code);
      this.ondisconnect(true, code, reason);
    };
  }
}
