import type { Endpoint, EndpointStateChange, PeerStatusChange } from '../../asterisk-ari-client/index.ts';
import type { FactBody } from '../../ports/telephony-facts.ts';

export function presenceFactOf(event: EndpointStateChange | PeerStatusChange): FactBody {
  const fact = endpointFactOf(event.endpoint);
  if (event.type === 'EndpointStateChange') return fact;
  return { ...fact, online: peerIsOnline[event.peer.peer_status] ?? fact.online };
}

/** What a registration event says at once; the endpoint beside it may still tell the moment before. */
const peerIsOnline: Record<string, boolean> = {
  Registered: true,
  Reachable: true,
  Unregistered: false,
  Unreachable: false,
};

export function endpointFactOf(endpoint: Endpoint): Extract<FactBody, { kind: 'endpoint' }> {
  const device = `${endpoint.technology}/${endpoint.resource}`;
  const online = endpoint.state === 'online' ? true : endpoint.state === 'offline' ? false : null;
  return { kind: 'endpoint', device, online };
}
