/** Functions, scripts and modules: there are none, and what asks about them is told so as by a Redis without any. */

import { pureTokens } from '../arguments/argument-rows.js';
import { keyword } from '../arguments/keyword.js';
import { type ArgumentRow, type Call, type CommandRow, refuse, runSubcommand } from '../command.js';
import { helpRow, subcommandFault } from '../subcommand-help.js';

const NOT_BUSY = 'NOTBUSY No scripts in execution right now.';
const NO_MODULES =
  'ERR MODULE command not allowed. If the enable-module-command option is set to "local", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server.';

function flushFunctions({ server, args, slot }: Call) {
  if (args.length > 3) return refuse(server, slot, subcommandFault(args), 'latin1');
  if (!isFlushMode(args[2])) return refuse(server, slot, 'ERR FUNCTION FLUSH only supports SYNC|ASYNC option');
  slot.out.ok();
  slot.complete();
}

function flushScripts({ server, args, slot }: Call) {
  if (args.length > 3 || !isFlushMode(args[2])) {
    return refuse(server, slot, 'ERR SCRIPT FLUSH only support SYNC|ASYNC option');
  }
  slot.out.ok();
  slot.complete();
}

function isFlushMode(argument: Buffer | undefined): boolean {
  return argument === undefined || ['SYNC', 'ASYNC'].includes(keyword(argument));
}

function listFunctions({ server, args, slot }: Call) {
  const seen = new Set<string>();
  for (let at = 2; at < args.length; at++) {
    const word = keyword(args[at]);
    if (seen.has(word) || (word !== 'WITHCODE' && word !== 'LIBRARYNAME')) {
      return refuse(server, slot, `ERR Unknown argument ${args[at]?.toString('latin1')}`, 'latin1');
    }
    seen.add(word);
    if (word === 'LIBRARYNAME' && ++at >= args.length) {
      return refuse(server, slot, 'ERR library name argument was not given');
    }
  }
  slot.out.array(0);
  slot.complete();
}

function functionStatistics({ slot }: Call) {
  const { out } = slot;
  out.map(2);
  out.bulkText('running_script');
  out.nullBulk();
  out.bulkText('engines');
  out.map(1);
  out.bulkText('LUA');
  out.map(2);
  for (const name of ['libraries_count', 'functions_count']) {
    out.bulkText(name);
    out.integer(0);
  }
  slot.complete();
}

function scriptsExist({ args, slot }: Call) {
  slot.out.array(args.length - 2);
  for (let at = 2; at < args.length; at++) slot.out.integer(0);
  slot.complete();
}

function notBusy({ server, slot }: Call) {
  refuse(server, slot, NOT_BUSY);
}

function deleteFunction({ server, slot }: Call) {
  refuse(server, slot, 'ERR Library not found');
}

function listModules({ slot }: Call) {
  slot.out.array(0);
  slot.complete();
}

function refuseModules({ server, slot }: Call) {
  refuse(server, slot, NO_MODULES);
}

const SCRIPTING: Pick<CommandRow, 'categories' | 'group' | 'complexity'> = {
  categories: ['@slow', '@scripting'],
  group: 'scripting',
  complexity: 'O(1)',
};
const MODULES: Pick<CommandRow, 'categories' | 'group' | 'complexity' | 'since'> = {
  categories: ['@admin', '@slow', '@dangerous'],
  group: 'server',
  complexity: 'O(1)',
  since: '4.0.0',
};
const CONTAINER: Pick<CommandRow, 'arity' | 'flags' | 'categories' | 'complexity' | 'run'> = {
  arity: -2,
  flags: [],
  categories: ['@slow'],
  complexity: 'Depends on subcommand.',
  run: runSubcommand,
};
const ALL_SUCCEED = ['request_policy:all_shards', 'response_policy:all_succeeded'];
const ONE_SUCCEEDS = ['request_policy:all_shards', 'response_policy:one_succeeded'];
const FLUSH_MODE: ArgumentRow = {
  name: 'async',
  type: 'oneof',
  flags: ['optional'],
  arguments: pureTokens('async', 'sync'),
};

const functions: readonly CommandRow[] = [
  {
    ...SCRIPTING,
    name: 'flush',
    arity: -2,
    flags: ['write', 'noscript'],
    categories: ['@write', '@slow', '@scripting'],
    since: '7.0.0',
    summary: 'Deletes all functions, of which there are none',
    tips: ALL_SUCCEED,
    arguments: [FLUSH_MODE],
    run: flushFunctions,
  },
  {
    ...SCRIPTING,
    name: 'delete',
    arity: 3,
    flags: ['write', 'noscript'],
    categories: ['@write', '@slow', '@scripting'],
    since: '7.0.0',
    summary: 'Always refused: there are no functions',
    tips: ALL_SUCCEED,
    arguments: [{ name: 'library-name', type: 'string' }],
    run: deleteFunction,
  },
  {
    ...SCRIPTING,
    name: 'list',
    arity: -2,
    flags: ['noscript'],
    since: '7.0.0',
    summary: 'Tells the functions, of which there are none',
    tips: ['nondeterministic_output_order'],
    arguments: [
      { name: 'library-name-pattern', type: 'string', token: 'LIBRARYNAME', flags: ['optional'] },
      { name: 'withcode', type: 'pure-token', token: 'WITHCODE', flags: ['optional'] },
    ],
    run: listFunctions,
  },
  {
    ...SCRIPTING,
    name: 'stats',
    arity: 2,
    flags: ['noscript', 'allow_busy'],
    since: '7.0.0',
    summary: 'Tells that no function runs, and that there are none',
    tips: ['nondeterministic_output', 'request_policy:all_shards', 'response_policy:special'],
    run: functionStatistics,
  },
  {
    ...SCRIPTING,
    name: 'kill',
    arity: 2,
    flags: ['noscript', 'allow_busy'],
    since: '7.0.0',
    summary: 'Always refused: no function runs',
    tips: ONE_SUCCEEDS,
    run: notBusy,
  },
  helpRow('function', 'scripting', '7.0.0', [
    'DELETE <library>',
    '    Always refused: there are no functions.',
    'FLUSH [ASYNC|SYNC]',
    '    Does nothing.',
    'KILL',
    '    Always refused: no function runs.',
    'LIST [LIBRARYNAME <pattern>] [WITHCODE]',
    '    Tells of no functions.',
    'STATS',
    '    Tells that no function runs.',
    'HELP',
    '    Prints this.',
  ]),
];

const scripts: readonly CommandRow[] = [
  {
    ...SCRIPTING,
    name: 'flush',
    arity: -2,
    flags: ['noscript'],
    since: '2.6.0',
    summary: 'Forgets all scripts, of which there are none',
    tips: ['request_policy:all_nodes', 'response_policy:all_succeeded'],
    arguments: [{ ...FLUSH_MODE, since: '6.2.0' }],
    run: flushScripts,
  },
  {
    ...SCRIPTING,
    name: 'exists',
    arity: -3,
    flags: ['noscript'],
    since: '2.6.0',
    summary: 'Tells of each script that it is not there',
    tips: ['request_policy:all_shards', 'response_policy:agg_logical_and'],
    arguments: [{ name: 'sha1', type: 'string', flags: ['multiple'] }],
    run: scriptsExist,
  },
  {
    ...SCRIPTING,
    name: 'kill',
    arity: 2,
    flags: ['noscript', 'allow_busy'],
    since: '2.6.0',
    summary: 'Always refused: no script runs',
    tips: ONE_SUCCEEDS,
    run: notBusy,
  },
  helpRow('script', 'scripting', '5.0.0', [
    'EXISTS <sha1> [<sha1> ...]',
    '    Tells of each script that it is not there.',
    'FLUSH [ASYNC|SYNC]',
    '    Does nothing.',
    'KILL',
    '    Always refused: no script runs.',
    'HELP',
    '    Prints this.',
  ]),
];

const modules: readonly CommandRow[] = [
  {
    ...MODULES,
    name: 'list',
    arity: 2,
    flags: ['admin', 'noscript'],
    summary: 'Tells the modules, of which there are none',
    tips: ['nondeterministic_output_order'],
    run: listModules,
  },
  {
    ...MODULES,
    name: 'load',
    arity: -3,
    flags: ['admin', 'noscript', 'no_async_loading'],
    summary: 'Always refused',
    arguments: [
      { name: 'path', type: 'string' },
      { name: 'arg', type: 'string', flags: ['optional', 'multiple'] },
    ],
    run: refuseModules,
  },
  {
    ...MODULES,
    name: 'unload',
    arity: 3,
    flags: ['admin', 'noscript', 'no_async_loading'],
    summary: 'Always refused',
    arguments: [{ name: 'name', type: 'string' }],
    run: refuseModules,
  },
  helpRow('module', 'server', '5.0.0', [
    'LIST',
    '    Tells of no modules.',
    'LOAD <path> [<arg> ...]',
    '    Always refused.',
    'UNLOAD <name>',
    '    Always refused.',
    'HELP',
    '    Prints this.',
  ]),
];

export const scriptingCommands: readonly CommandRow[] = [
  {
    ...CONTAINER,
    name: 'function',
    since: '7.0.0',
    group: 'scripting',
    summary: 'About functions, of which there are none',
    subcommands: functions,
  },
  {
    ...CONTAINER,
    name: 'script',
    since: '2.6.0',
    group: 'scripting',
    summary: 'About scripts, of which there are none',
    subcommands: scripts,
  },
  {
    ...CONTAINER,
    name: 'module',
    since: '4.0.0',
    group: 'server',
    summary: 'About modules, of which there are none',
    subcommands: modules,
  },
];
