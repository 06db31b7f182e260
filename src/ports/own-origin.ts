/**
 * Whether a browser's `Origin` header is our own pages': PUBLIC_URL's origin, or the host the request was sent to.
 * `host` is the request's host with its port, as the browser wrote it.
 */
export function isOwnOrigin(origin: string, host: string | undefined, publicUrl: string | null): boolean {
  const from = URL.parse(origin);
  if (!from || (from.protocol !== 'http:' && from.protocol !== 'https:')) return false;
  if (publicUrl && URL.parse(publicUrl)?.origin === from.origin) return true;
  // Compared as addresses, so that a default port written out is the same as none.
  return !!host && URL.parse(`${from.protocol}//${host}`)?.host === from.host;
}
