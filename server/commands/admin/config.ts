import { readFileSync } from 'node:fs';
import { audit } from '../../../cluster/ports/log.js';
import { ALL_OPTIONS } from '../../config/config.js';
import { replaceFile } from '../../config/replace-file.js';
import { rewrittenConfig } from '../../config/rewrite-config.js';
import type { ClientConnection } from '../../net/connection.js';
import type { Server } from '../../server.js';
import { STEP_ARGUMENTS } from '../../turns/limits.js';
import { compileGlob } from '../arguments/glob.js';
import { secretValues } from '../arguments/shown-arguments.js';
import { type Call, type CommandRow, refuse, runSubcommand } from '../command.js';
import { SYNTAX_ERROR } from '../error-text.js';
import { helpRow } from '../subcommand-help.js';

/** Patterns that are held against all options in one step. */
const STEP_PATTERNS = 8;

function get(call: Call) {
  call.connection.context.turns.run(getInTurns(call));
}

function* getInTurns({ server, args, slot }: Call): Generator<void> {
  const names = new Map<string, string>();
  const patterns = new Set<string>();
  for (let at = 2; at < args.length; at++) {
    if (at % STEP_ARGUMENTS === 0) yield;
    const asked = args[at]?.toString('latin1') ?? '';
    if (isPattern(asked)) patterns.add(asked);
    else names.set(asked.toLowerCase(), asked);
  }
  const wanted = new Set(names.keys());
  const options = server.settings.shown(() => true).map(([name]) => name);
  let looks = 0;
  for (const pattern of patterns) {
    if (looks++ % STEP_PATTERNS === STEP_PATTERNS - 1) yield;
    const matches = compileGlob(pattern);
    for (const name of options) if (!wanted.has(name) && matches(name)) wanted.add(name);
  }
  const shown = server.settings.shown((name) => wanted.has(name));
  slot.out.map(shown.length);
  for (const [name, value] of shown) {
    // As in Redis an option that was asked for by its name is told in the letters of the question.
    slot.out.bulkText(names.get(name) ?? name);
    slot.out.bulkText(value);
  }
  slot.complete();
}

function isPattern(text: string): boolean {
  return /[*?[]/.test(text);
}

function set({ server, connection, args, slot }: Call) {
  if (args.length % 2 !== 0) return refuse(server, slot, SYNTAX_ERROR);
  const pairs: [string, string][] = [];
  // An option may be given once: of very many pairs one is refused that stands among the first.
  const end = Math.min(args.length, 2 + 2 * (ALL_OPTIONS.length + 1));
  for (let at = 2; at < end; at += 2) {
    pairs.push([args[at]?.toString('latin1') ?? '', args[at + 1]?.toString('latin1') ?? '']);
  }
  const refusal = server.settings.change(pairs);
  if (refusal !== undefined) {
    const { name, reason } = refusal;
    const text =
      reason === undefined
        ? `ERR Unknown option or number of arguments for CONFIG SET - '${name}'`
        : `ERR CONFIG SET failed (possibly related to argument '${name}') - ${reason}`;
    return refuse(server, slot, text, 'latin1');
  }
  auditChange(server, connection, new Set(pairs.map(([name]) => name.toLowerCase())));
  slot.out.ok();
  slot.complete();
}

/** Tells the operator's log who has changed which options, and to what; secrets are covered as in `CONFIG GET`. */
function auditChange(
  { settings, log }: Server,
  { login, address }: ClientConnection,
  names: ReadonlySet<string>,
): void {
  const values = settings.shown((name) => names.has(name)).map(([name, value]) => `${name} ${value}`);
  const fields = { ...audit(login.user.name, address, 'options set'), options: values.join(', ') };
  log.info(fields, 'the options of this node have changed');
}

function resetStatistics({ server, slot }: Call) {
  server.resetStatistics();
  slot.out.ok();
  slot.complete();
}

function rewrite({ server, slot }: Call) {
  const { config, access, log } = server;
  if (config.configFile === '') return refuse(server, slot, 'ERR The server is running without a config file');
  const users = access.users.all().map((user) => `${user.name} ${user.describe()}`);
  try {
    const content = readFileSync(config.configFile, 'utf8');
    replaceFile(config.configFile, rewrittenConfig(content, config, config.aclfile === '' ? users : undefined));
  } catch (error) {
    const reason = error instanceof Error ? systemReason(error) : String(error);
    log.error({ file: config.configFile, reason }, 'CONFIG REWRITE has failed');
    return refuse(server, slot, `ERR Rewriting config file: ${reason}`);
  }
  log.info({ file: config.configFile }, 'CONFIG REWRITE wrote the configuration file');
  slot.out.ok();
  slot.complete();
}

/** `ENOENT: no such file or directory, open …` as the C library says it. */
function systemReason({ message }: Error): string {
  const reason = /^\w+: ([^,]*)/.exec(message)?.[1] ?? message;
  return reason.charAt(0).toUpperCase() + reason.slice(1);
}

const ADMIN: Pick<CommandRow, 'flags' | 'categories' | 'group'> = {
  flags: ['admin', 'noscript', 'loading', 'stale'],
  categories: ['@admin', '@slow', '@dangerous'],
  group: 'server',
};

const subcommands: readonly CommandRow[] = [
  {
    ...ADMIN,
    name: 'get',
    arity: -3,
    since: '2.0.0',
    complexity: 'O(N) where N is the number of options',
    summary: 'Tells the options whose names match a pattern',
    arguments: [
      { name: 'parameter', type: 'block', flags: ['multiple'], arguments: [{ name: 'parameter', type: 'string' }] },
    ],
    run: get,
  },
  {
    ...ADMIN,
    name: 'set',
    arity: -4,
    since: '2.0.0',
    complexity: 'O(N) where N is the number of options',
    summary: 'Changes options of this node, all that are given or none',
    tips: ['request_policy:all_nodes', 'response_policy:all_succeeded'],
    arguments: [
      {
        name: 'parameter_value',
        type: 'block',
        flags: ['multiple'],
        arguments: [
          { name: 'parameter', type: 'string' },
          { name: 'value', type: 'string' },
        ],
      },
    ],
    secretArguments: secretValues,
    run: set,
  },
  {
    ...ADMIN,
    name: 'resetstat',
    arity: 2,
    since: '2.0.0',
    complexity: 'O(1)',
    summary: 'Sets all counts and latencies of this node back',
    run: resetStatistics,
  },
  {
    ...ADMIN,
    name: 'rewrite',
    arity: 2,
    since: '2.8.0',
    complexity: 'O(1)',
    summary: 'Writes the options as they stand now to the configuration file, which keeps its comments and its order',
    run: rewrite,
  },
  helpRow('config', 'server', '5.0.0', [
    'GET <pattern> [<pattern> ...]',
    '    Tells the options whose names match, as in file names.',
    'SET <option> <value> [<option> <value> ...]',
    '    Changes options until the node stops.',
    'RESETSTAT',
    '    Sets all counts and latencies back.',
    'REWRITE',
    '    Writes the options as they stand now to the configuration file.',
    'HELP',
    '    Prints this.',
  ]),
];

export const configCommands: readonly CommandRow[] = [
  {
    name: 'config',
    arity: -2,
    flags: [],
    categories: ['@slow'],
    since: '2.0.0',
    group: 'server',
    complexity: 'Depends on subcommand.',
    summary: 'About the options of this node',
    subcommands,
    run: runSubcommand,
  },
];
