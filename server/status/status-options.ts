import type { ConnectionOptions } from 'node:tls';
import { parseArgs } from 'node:util';
import { nearestWord } from '../nearest-word.js';
import type { Credentials } from './ask-node.js';
import { readTlsFiles } from './tls-files.js';

/** What `cartwheel status` is asked for. */
export interface StatusOptions {
  readonly host: string;
  readonly port: number;
  readonly watch: boolean;
  readonly json: boolean;
  readonly credentials: Credentials | undefined;
  /** Undefined: without TLS. */
  readonly tls: ConnectionOptions | undefined;
}

export const STATUS_USAGE = `Usage: cartwheel status [--port P] [--host H] [--user U] [--pass W] [--tls …] [--watch] [--json]
  --port P   the port for clients of the node to ask (6379)
  --host H   its address (127.0.0.1)
  --user U   logs in at all nodes as that user (default)
  --pass W   with that password; better not here, where others see it, but in the environment as REDISCLI_AUTH
  --tls      over TLS, at all nodes; with these, as redis-cli has them:
    --cacert F         the CA that has signed the certificates of the nodes
    --cert F --key F   the certificate to show them, and its key
    --sni H            the name of the host to ask for
    --insecure         takes any certificate
  --watch    shows it anew each second, until Ctrl-C
  --json     for machines: one object, with --watch one a line; its fields are told in server/status/README.md
`;

const PORT_MAX = 65_535;

/** Reads the words after `cartwheel status`, and what redis-cli takes the password from. A text says what is wrong with them; '' asks for the usage. */
export function readStatusOptions(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): StatusOptions | string {
  const parsed = parse(argv);
  if (typeof parsed === 'string') return parsed;
  if (parsed.help) return '';
  const port = Number(parsed.port);
  if (!Number.isInteger(port) || port < 1 || port > PORT_MAX) return `--port: expected 1 to ${PORT_MAX}`;
  const { host, watch, json, user, pass } = parsed;
  const password = pass ?? environment.REDISCLI_AUTH;
  if (password === undefined && user !== undefined) return '--user: expected a password, by --pass or REDISCLI_AUTH';
  const credentials = password === undefined ? undefined : { user: user ?? 'default', password };
  const tls = parsed.tls ? readTlsFiles(parsed) : undefined;
  if (typeof tls === 'string') return tls;
  return { host, port, watch, json, credentials, tls };
}

const OPTIONS = {
  port: { type: 'string', short: 'p', default: '6379' },
  host: { type: 'string', short: 'h', default: '127.0.0.1' },
  user: { type: 'string' },
  pass: { type: 'string' },
  tls: { type: 'boolean', default: false },
  cacert: { type: 'string' },
  cert: { type: 'string' },
  key: { type: 'string' },
  sni: { type: 'string' },
  insecure: { type: 'boolean', default: false },
  watch: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: OPTIONS }).values;
  } catch (error) {
    return unknownWord(argv) ?? (error instanceof Error ? error.message : String(error));
  }
}

/** What is wrong with the first word that is no option, if there is one. */
function unknownWord(argv: readonly string[]): string | undefined {
  const { tokens } = parseArgs({ args: [...argv], options: OPTIONS, strict: false, tokens: true });
  for (const token of tokens) {
    if (token.kind === 'positional') return `unexpected word '${token.value}': options begin with --`;
    if (token.kind !== 'option' || Object.hasOwn(OPTIONS, token.name)) continue;
    const nearest = nearestWord(token.name, Object.keys(OPTIONS));
    return `unknown option '${token.rawName}'${nearest === undefined ? '' : `; did you mean '--${nearest}'?`}`;
  }
  return undefined;
}
