import { allFrom } from '../arguments/shown-arguments.js';
import type { CommandRow, Handler } from '../command.js';
import { helpRow } from '../subcommand-help.js';

/** Who answers which subcommand of `ACL`. */
type AclHandlers = Readonly<
  Record<
    | 'whoAmI'
    | 'users'
    | 'list'
    | 'getUser'
    | 'setUser'
    | 'deleteUsers'
    | 'categories'
    | 'log'
    | 'generatePassword'
    | 'load'
    | 'save'
    | 'dryRun',
    Handler
  >
>;

const ANYONE: Pick<CommandRow, 'flags' | 'categories' | 'group' | 'since'> = {
  flags: ['noscript', 'loading', 'stale'],
  categories: ['@slow'],
  group: 'server',
  since: '6.0.0',
};
const ADMIN: typeof ANYONE = {
  ...ANYONE,
  flags: ['admin', 'noscript', 'loading', 'stale'],
  categories: ['@admin', '@slow', '@dangerous'],
};
const PER_USER = 'O(N) where N is the number of users';
const PER_RULE = 'O(N) where N is the number of rules';

export function aclRows(handlers: AclHandlers): readonly CommandRow[] {
  return [
    {
      ...ANYONE,
      name: 'cat',
      arity: -2,
      complexity: 'O(N) where N is the number of commands',
      summary: 'Lists the categories, or the commands of this server in one',
      arguments: [{ name: 'categoryname', type: 'string', flags: ['optional'] }],
      run: handlers.categories,
    },
    {
      ...ADMIN,
      name: 'deluser',
      arity: -3,
      complexity: PER_USER,
      summary: 'Removes users of this node and closes their connections',
      arguments: [{ name: 'username', type: 'string', flags: ['multiple'] }],
      run: handlers.deleteUsers,
    },
    {
      ...ADMIN,
      name: 'dryrun',
      arity: -4,
      since: '7.0.0',
      complexity: 'O(1)',
      summary: 'Tells whether a user may run a command, without running it',
      arguments: [
        { name: 'username', type: 'string' },
        { name: 'command', type: 'string' },
        { name: 'arg', type: 'string', flags: ['optional', 'multiple'] },
      ],
      run: handlers.dryRun,
    },
    {
      ...ANYONE,
      name: 'genpass',
      arity: -2,
      complexity: 'O(1)',
      summary: 'Draws a password',
      arguments: [{ name: 'bits', type: 'integer', flags: ['optional'] }],
      run: handlers.generatePassword,
    },
    {
      ...ADMIN,
      name: 'getuser',
      arity: 3,
      complexity: PER_RULE,
      summary: 'Tells the rules of a user',
      arguments: [{ name: 'username', type: 'string' }],
      run: handlers.getUser,
    },
    {
      ...ADMIN,
      name: 'list',
      arity: 2,
      complexity: PER_USER,
      summary: 'Tells the rules of all users',
      run: handlers.list,
    },
    {
      ...ADMIN,
      name: 'load',
      arity: 2,
      complexity: PER_USER,
      summary: 'Reads the users of this node anew from its ACL file',
      run: handlers.load,
    },
    {
      ...ADMIN,
      name: 'log',
      arity: -2,
      complexity: 'O(N) where N is the number of entries shown',
      summary: 'Tells what was denied of late on this node',
      arguments: [
        {
          name: 'operation',
          type: 'oneof',
          flags: ['optional'],
          arguments: [
            { name: 'count', type: 'integer' },
            { name: 'reset', type: 'pure-token', token: 'RESET' },
          ],
        },
      ],
      run: handlers.log,
    },
    {
      ...ADMIN,
      name: 'save',
      arity: 2,
      complexity: PER_USER,
      summary: 'Writes the users of this node to its ACL file',
      run: handlers.save,
    },
    {
      ...ADMIN,
      name: 'setuser',
      arity: -3,
      complexity: PER_RULE,
      summary: 'Makes a user of this node or changes its rules',
      arguments: [
        { name: 'username', type: 'string' },
        { name: 'rule', type: 'string', flags: ['optional', 'multiple'] },
      ],
      secretArguments: allFrom(2),
      run: handlers.setUser,
    },
    {
      ...ADMIN,
      name: 'users',
      arity: 2,
      complexity: PER_USER,
      summary: 'Lists the users of this node',
      run: handlers.users,
    },
    {
      ...ANYONE,
      name: 'whoami',
      arity: 2,
      complexity: 'O(1)',
      summary: 'Tells the user of this connection',
      run: handlers.whoAmI,
    },
    helpRow('acl', 'server', '6.0.0', [
      'CAT [<category>]',
      '    Lists the categories, or the commands in one.',
      'DELUSER <username> [<username> ...]',
      '    Removes users and closes their connections.',
      'DRYRUN <username> <command> [<arg> ...]',
      '    Tells whether the user may run the command.',
      'GENPASS [<bits>]',
      '    Draws a password of 256 bits, or of so many.',
      'GETUSER <username>',
      '    Tells the rules of a user.',
      'LIST',
      '    Tells the rules of all users.',
      'LOAD',
      '    Reads the ACL file anew.',
      'LOG [<count> | RESET]',
      '    Tells what was denied, or forgets it.',
      'SAVE',
      '    Writes the ACL file.',
      'SETUSER <username> [<rule> ...]',
      '    Makes a user or changes its rules.',
      'USERS',
      '    Lists the users.',
      'WHOAMI',
      '    Tells the user of this connection.',
      'HELP',
      '    Prints this.',
    ]),
  ];
}
