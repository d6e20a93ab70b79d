import { STEP_ARGUMENTS } from '../../turns/limits.js';
import { compileGlob } from '../arguments/glob.js';
import { keyFlags, keyPositions } from '../arguments/key-positions.js';
import { keyword } from '../arguments/keyword.js';
import { type Call, type CommandRow, refuse } from '../command.js';
import type { Command } from '../command-table.js';
import { SYNTAX_ERROR } from '../error-text.js';
import { helpRow } from '../subcommand-help.js';
import { writeDocs, writeInfo, writeStatuses } from './command-replies.js';

/** Commands that are described in one step. */
const STEP_COMMANDS = 16;

function all({ server, slot }: Call) {
  const commands = server.commands.all;
  slot.out.array(commands.length);
  for (const command of commands) writeInfo(slot.out, command);
  slot.complete();
}

function info(call: Call) {
  const { args, connection } = call;
  if (args.length === 2) return all(call);
  connection.context.turns.run(infoInTurns(call));
}

function* infoInTurns({ server, args, slot }: Call): Generator<void> {
  slot.out.array(args.length - 2);
  for (let at = 2; at < args.length; at++) {
    if (at % STEP_COMMANDS === 0) yield;
    const command = server.commands.findFull(textOf(args[at]));
    // A null string to RESP2, as in Redis 7.0.
    if (command === undefined) slot.out.nullBulk();
    else writeInfo(slot.out, command);
    if (slot.out.isOverfull) break;
  }
  slot.complete();
}

function count({ server, slot }: Call) {
  slot.out.integer(server.commands.all.length);
  slot.complete();
}

function docs(call: Call) {
  call.connection.context.turns.run(docsInTurns(call));
}

function* docsInTurns({ server, args, slot }: Call): Generator<void> {
  let commands = server.commands.all;
  if (args.length > 2) {
    const found: Command[] = [];
    for (let at = 2; at < args.length; at++) {
      if (at % STEP_ARGUMENTS === 0) yield;
      const command = server.commands.findFull(textOf(args[at]));
      if (command !== undefined) found.push(command);
    }
    commands = found;
  }
  slot.out.map(commands.length);
  for (const [at, command] of commands.entries()) {
    if (at % STEP_COMMANDS === STEP_COMMANDS - 1) yield;
    slot.out.bulkText(command.fullName);
    writeDocs(slot.out, command);
    if (slot.out.isOverfull) break;
  }
  slot.complete();
}

function textOf(argument: Buffer | undefined): string {
  return argument === undefined ? '' : argument.toString('latin1');
}

function list({ server, args, slot }: Call) {
  const matches = listFilter(args);
  if (matches === undefined) return refuse(server, slot, SYNTAX_ERROR);
  const commands = [...server.commands.withSubcommands()].filter(matches);
  slot.out.array(commands.length);
  for (const command of commands) slot.out.bulkText(command.fullName);
  slot.complete();
}

function listFilter(args: readonly Buffer[]): ((command: Command) => boolean) | undefined {
  if (args.length === 2) return () => true;
  if (args.length !== 5 || keyword(args[2]) !== 'FILTERBY') return undefined;
  const wanted = args[4]?.toString('latin1') ?? '';
  switch (keyword(args[3])) {
    case 'MODULE':
      return () => false;
    case 'ACLCAT':
      return (command) => command.row.categories.includes(`@${wanted.toLowerCase()}`);
    case 'PATTERN': {
      const matches = compileGlob(wanted);
      return (command) => matches(command.fullName);
    }
    default:
      return undefined;
  }
}

function getKeys(call: Call) {
  call.connection.context.turns.run(answerKeys(call, false));
}

function getKeysAndFlags(call: Call) {
  call.connection.context.turns.run(answerKeys(call, true));
}

function* answerKeys({ server, args, slot }: Call, withFlags: boolean): Generator<void> {
  const inner = args.slice(2);
  const [name, subcommandName] = inner;
  const container = name && server.commands.find(name);
  const subcommand = subcommandName && container?.subcommands?.find(subcommandName);
  const isUnknownSubcommand = container?.subcommands !== undefined && subcommandName !== undefined && !subcommand;
  const command = subcommand ?? container;
  if (command === undefined || isUnknownSubcommand) return refuse(server, slot, 'ERR Invalid command specified');
  const { keys } = command.row;
  if (keys === undefined) return refuse(server, slot, 'ERR The command has no key arguments');
  const positions = command.takes(inner.length) ? keyPositions(command.row, inner.length) : undefined;
  if (positions === undefined) {
    return refuse(server, slot, 'ERR Invalid number of arguments specified for command');
  }
  slot.out.array(positions.length);
  for (const [at, position] of positions.entries()) {
    if (at % STEP_ARGUMENTS === STEP_ARGUMENTS - 1) yield;
    if (withFlags) slot.out.array(2);
    slot.out.bulk(inner[position] ?? Buffer.alloc(0));
    if (withFlags) writeStatuses(slot.out, keyFlags(keys, position, inner));
  }
  slot.complete();
}

const COMMON: Pick<CommandRow, 'flags' | 'categories' | 'group'> = {
  flags: ['loading', 'stale'],
  categories: ['@slow', '@connection'],
  group: 'server',
};
const PER_COMMAND = 'O(N) where N is the number of commands';
const IN_ANY_ORDER = ['nondeterministic_output_order'];
const NAMES: CommandRow['arguments'] = [{ name: 'command-name', type: 'string', flags: ['optional', 'multiple'] }];
const WHOLE_COMMAND: CommandRow['arguments'] = [
  { name: 'command', type: 'string' },
  { name: 'arg', type: 'string', flags: ['optional', 'multiple'] },
];

const subcommands: readonly CommandRow[] = [
  {
    ...COMMON,
    name: 'count',
    arity: 2,
    since: '2.8.13',
    complexity: 'O(1)',
    summary: 'Counts the commands of this server',
    run: count,
  },
  {
    ...COMMON,
    name: 'info',
    arity: -2,
    since: '2.8.13',
    complexity: PER_COMMAND,
    summary: 'Describes commands for programs',
    tips: IN_ANY_ORDER,
    arguments: NAMES,
    run: info,
  },
  {
    ...COMMON,
    name: 'docs',
    arity: -2,
    since: '7.0.0',
    complexity: PER_COMMAND,
    summary: 'Describes commands for people',
    tips: IN_ANY_ORDER,
    arguments: NAMES,
    run: docs,
  },
  {
    ...COMMON,
    name: 'list',
    arity: -2,
    since: '7.0.0',
    complexity: PER_COMMAND,
    summary: 'Lists the names of commands',
    tips: IN_ANY_ORDER,
    arguments: [
      {
        name: 'filterby',
        type: 'oneof',
        token: 'FILTERBY',
        flags: ['optional'],
        arguments: [
          { name: 'module-name', type: 'string', token: 'MODULE' },
          { name: 'category', type: 'string', token: 'ACLCAT' },
          { name: 'pattern', type: 'pattern', token: 'PATTERN' },
        ],
      },
    ],
    run: list,
  },
  {
    ...COMMON,
    name: 'getkeys',
    arity: -4,
    since: '2.8.13',
    complexity: 'O(N) where N is the number of arguments',
    summary: 'Tells which arguments of a command are keys',
    arguments: WHOLE_COMMAND,
    run: getKeys,
  },
  {
    ...COMMON,
    name: 'getkeysandflags',
    arity: -4,
    since: '7.0.0',
    complexity: 'O(N) where N is the number of arguments',
    summary: 'Tells which arguments of a command are keys, and what it does with them',
    arguments: WHOLE_COMMAND,
    run: getKeysAndFlags,
  },
  helpRow('command', 'server', '5.0.0', [
    '(no subcommand)',
    '    Describes all commands for programs.',
    'COUNT',
    '    Counts the commands.',
    'DOCS [<command> ...]',
    '    Describes commands for people.',
    'GETKEYS <command> <arg> ...',
    '    Tells which arguments are keys.',
    'GETKEYSANDFLAGS <command> <arg> ...',
    '    Tells which arguments are keys, and what is done with them.',
    'INFO [<command> ...]',
    '    Describes commands for programs.',
    'LIST [FILTERBY (MODULE <name>|ACLCAT <category>|PATTERN <pattern>)]',
    '    Lists names of commands.',
    'HELP',
    '    Prints this.',
  ]),
];

export const introspectionCommands: readonly CommandRow[] = [
  {
    ...COMMON,
    name: 'command',
    arity: -1,
    since: '2.8.13',
    complexity: PER_COMMAND,
    summary: 'About the commands of this server',
    tips: IN_ANY_ORDER,
    subcommands,
    run: all,
  },
];
