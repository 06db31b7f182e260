/** Where Asterisk's HTTP server speaks SIP over a websocket: beside ARI, below the same prefix. `ws://host:8088/ws`. */
export function sipSocketAddress(ariUrl: string): string {
  const address = new URL(ariUrl);
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  address.pathname = address.pathname.replace(/\/*$/, '').replace(/(\/ari)?$/, '/ws');
  return address.href;
}
