/** `host:port` as Redis writes it: IPv6 addresses in brackets. */
export function endpointText(host: string | undefined, port: number | undefined): string {
  if (host === undefined || port === undefined) return '?:0';
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
