import { createServer } from 'node:http';
import {
  type AriClientOptions,
  type AriSession,
  createAriAcceptor,
  createAriClient,
} from '../../asterisk-ari-client/index.ts';

/** How a PBX is reached, and the application that is ours there. */
export interface ReaderAddress {
  url: string;
  username: string;
  password: string;
  app: string;
  /** `outbound`: Asterisk dials us, and keeps events for us while we are away. Default: we dial it. */
  transport?: 'inbound' | 'outbound' | undefined;
  /** The application is ours to take from whoever still holds its name: another server that lost the PBX. */
  mayReplace?: boolean;
  /** Where connections of an Asterisk that dials us are brought to: a Unix socket. */
  doorPath?: string;
}

/** The connection to one PBX, whoever dials. */
export interface ReaderLink extends AriSession {
  connect(): void;
}

type LinkOptions = Omit<AriClientOptions, keyof ReaderAddress>;

export const isOutbound = ({ transport }: ReaderAddress): boolean => transport === 'outbound';

export function createReaderLink(
  { transport, doorPath, mayReplace: _, ...address }: ReaderAddress,
  options: LinkOptions,
): ReaderLink {
  if (transport !== 'outbound') return createAriClient({ ...address, ...options });
  const { app, username, password } = address;
  const acceptor = createAriAcceptor({ app, username, password, keepsFirst: true, ...options });
  const server = createServer((_, reply) => void reply.writeHead(404).end());
  server.on('upgrade', acceptor.handleUpgrade);
  server.on('error', (err) => options.log?.warn({ err }, 'ARI: Asterisk cannot be let in'));
  return {
    ...acceptor,
    get isConnected() {
      return acceptor.isConnected;
    },
    connect() {
      if (!server.listening) server.listen(doorPath);
    },
    async close() {
      server.close();
      await acceptor.close();
    },
  };
}
