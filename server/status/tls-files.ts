import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';

/** What of TLS stands on a command line. */
interface TlsWords {
  readonly cacert?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly sni?: string | undefined;
  readonly insecure: boolean;
}

/**
 * How to connect over TLS; a text says what is wrong with the words. As with redis-cli a certificate need not name the host it
 * comes from.
 */
export function readTlsFiles({ cacert, cert, key, sni, insecure }: TlsWords): ConnectionOptions | string {
  if ((cert === undefined) !== (key === undefined)) return '--cert and --key: expected both, or none';
  const options: ConnectionOptions = { rejectUnauthorized: !insecure, checkServerIdentity: () => undefined };
  if (sni !== undefined) options.servername = sni;
  for (const [name, path] of Object.entries({ ca: cacert, cert, key })) {
    if (path === undefined) continue;
    try {
      Object.assign(options, { [name]: readFileSync(path) });
    } catch (error) {
      return `--${name === 'ca' ? 'cacert' : name}: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
  return options;
}
