import { parseArgs } from 'node:util';

/** What `cartwheel status` is asked for. */
export interface StatusOptions {
  readonly host: string;
  readonly port: number;
  readonly watch: boolean;
  readonly json: boolean;
}

export const STATUS_USAGE = `Usage: cartwheel status [--port P] [--host H] [--watch] [--json]
  --port P   the port for clients of the node to ask (6379)
  --host H   its address (127.0.0.1)
  --watch    shows it anew each second, until Ctrl-C
  --json     for machines: one object, with --watch one a line; its fields are told in server/status/README.md
`;

const PORT_MAX = 65_535;

/** Reads the words after `cartwheel status`. A text says what is wrong with them; '' asks for the usage. */
export function readStatusOptions(argv: readonly string[]): StatusOptions | string {
  const parsed = parse(argv);
  if (typeof parsed === 'string') return parsed;
  if (parsed.help) return '';
  const port = Number(parsed.port);
  if (!Number.isInteger(port) || port < 1 || port > PORT_MAX) return `--port: expected 1 to ${PORT_MAX}`;
  return { host: parsed.host, port, watch: parsed.watch, json: parsed.json };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        port: { type: 'string', short: 'p', default: '6379' },
        host: { type: 'string', short: 'h', default: '127.0.0.1' },
        watch: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
