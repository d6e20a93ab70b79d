import { clientLine } from '../../net/client-line.js';
import type { ClientConnection } from '../../net/connection.js';
import { pureTokens } from '../arguments/argument-rows.js';
import { parseInt64 } from '../arguments/integer-argument.js';
import { keyword } from '../arguments/keyword.js';
import { isPrintableWord, nameRefusal } from '../arguments/printable-word.js';
import { type Call, type CommandRow, type Handler, refuse, runSubcommand } from '../command.js';
import { SYNTAX_ERROR } from '../error-text.js';
import { helpRow } from '../subcommand-help.js';
import { pauseSubcommands } from './client-pause.js';
import { trackingSubcommands } from './client-tracking.js';

const CLIENT_TYPES: ReadonlySet<string> = new Set(['NORMAL', 'MASTER', 'REPLICA', 'SLAVE', 'PUBSUB']);

function id({ connection, slot }: Call) {
  slot.out.integer(connection.id);
  slot.complete();
}

function info({ server, connection, slot }: Call) {
  slot.out.verbatim('txt', `${clientLine(connection, server.clock.monotonicUs())}\n`);
  slot.complete();
}

function list({ server, args, slot }: Call) {
  const option = keyword(args[2]);
  let wanted: (connection: ClientConnection) => boolean = () => true;
  if (option === 'TYPE' && args.length === 4) {
    const type = keyword(args[3]);
    if (!CLIENT_TYPES.has(type)) return refuse(server, slot, unknownType(args[3]), 'latin1');
    // All our clients are of one type.
    wanted = () => type === 'NORMAL';
  } else if (option === 'ID' && args.length > 3) {
    const ids = args.slice(3).map(parseInt64);
    if (ids.some((one) => one === undefined)) return refuse(server, slot, 'ERR Invalid client ID');
    wanted = (connection) => ids.includes(BigInt(connection.id));
  } else if (args.length > 2) {
    return refuse(server, slot, SYNTAX_ERROR);
  }
  const nowUs = server.clock.monotonicUs();
  let lines = '';
  for (const connection of server.clients) if (wanted(connection)) lines += `${clientLine(connection, nowUs)}\n`;
  slot.out.verbatim('txt', lines);
  slot.complete();
}

function unknownType(argument: Buffer | undefined): string {
  return `ERR Unknown client type '${argument?.toString('latin1') ?? ''}'`;
}

function kill(call: Call) {
  const { server, args, slot } = call;
  if (args.length > 3) return killFiltered(call);
  const address = args[2]?.toString();
  for (const victim of server.clients) {
    if (victim.address !== address) continue;
    slot.out.ok();
    slot.complete();
    end(victim, call.connection);
    return;
  }
  refuse(server, slot, 'ERR No such client');
}

function killFiltered({ server, connection, args, slot }: Call) {
  let skipsMe = true;
  const filters: ((victim: ClientConnection) => boolean)[] = [];
  if (args.length % 2 !== 0) return refuse(server, slot, SYNTAX_ERROR);
  for (let at = 2; at < args.length; at += 2) {
    const value = args[at + 1];
    const text = value?.toString('latin1') ?? '';
    const word = keyword(value);
    switch (keyword(args[at])) {
      case 'ID': {
        const wanted = value && parseInt64(value);
        if (wanted === undefined || wanted < 1n) return refuse(server, slot, 'ERR client-id should be greater than 0');
        filters.push((victim) => BigInt(victim.id) === wanted);
        break;
      }
      case 'TYPE':
        if (!CLIENT_TYPES.has(word)) return refuse(server, slot, unknownType(value), 'latin1');
        filters.push(() => word === 'NORMAL');
        break;
      case 'ADDR':
        filters.push((victim) => victim.address === text);
        break;
      case 'LADDR':
        filters.push((victim) => victim.localAddress === text);
        break;
      case 'USER':
        if (server.access.users.find(text) === undefined) {
          return refuse(server, slot, `ERR No such user '${text}'`, 'latin1');
        }
        filters.push((victim) => victim.login.user.name === text);
        break;
      case 'SKIPME':
        if (word !== 'YES' && word !== 'NO') return refuse(server, slot, SYNTAX_ERROR);
        skipsMe = word === 'YES';
        break;
      default:
        return refuse(server, slot, SYNTAX_ERROR);
    }
  }
  const victims = [...server.clients].filter(
    (victim) => !(skipsMe && victim === connection) && filters.every((matches) => matches(victim)),
  );
  slot.out.integer(victims.length);
  slot.complete();
  for (const victim of victims) end(victim, connection);
}

/** Who kills itself still gets the answer. */
function end(victim: ClientConnection, killer: ClientConnection): void {
  if (victim === killer) victim.closeAfterReplies();
  else victim.close('it was killed by CLIENT KILL');
}

function getName({ connection, slot }: Call) {
  if (connection.name === '') slot.out.nullBulk();
  else slot.out.bulkText(connection.name);
  slot.complete();
}

function setName({ server, connection, args, slot }: Call) {
  const name = args[2]?.toString('latin1') ?? '';
  const refusal = nameRefusal(name);
  if (refusal !== undefined) return refuse(server, slot, refusal);
  connection.name = name;
  slot.out.ok();
  slot.complete();
}

function setInfo({ server, connection, args, slot }: Call) {
  const attribute = keyword(args[2]);
  const value = args[3]?.toString('latin1') ?? '';
  if (attribute !== 'LIB-NAME' && attribute !== 'LIB-VER') {
    return refuse(server, slot, `ERR Unrecognized option '${args[2]?.toString('latin1') ?? ''}'`, 'latin1');
  }
  if (!isPrintableWord(value)) {
    return refuse(
      server,
      slot,
      `ERR ${attribute.toLowerCase()} cannot contain spaces, newlines or special characters.`,
    );
  }
  if (attribute === 'LIB-NAME') connection.libraryName = value;
  else connection.libraryVersion = value;
  slot.out.ok();
  slot.complete();
}

function reply({ server, connection, args, slot }: Call) {
  switch (keyword(args[2])) {
    case 'ON':
      connection.setReplyMode('on', slot);
      slot.out.ok();
      return slot.complete();
    case 'OFF':
      connection.setReplyMode('off', slot);
      return slot.complete();
    case 'SKIP':
      connection.setReplyMode('skip', slot);
      return slot.complete();
    default:
      return refuse(server, slot, SYNTAX_ERROR);
  }
}

/** A switch that is noted and shown, and has no other effect: no client is evicted, no key ages by being read. */
function onOff(set: (connection: ClientConnection, on: boolean) => void): Handler {
  return ({ server, connection, args, slot }) => {
    const word = keyword(args[2]);
    if (word !== 'ON' && word !== 'OFF') return refuse(server, slot, SYNTAX_ERROR);
    set(connection, word === 'ON');
    slot.out.ok();
    slot.complete();
  };
}

const OWN: Pick<CommandRow, 'flags' | 'categories' | 'group' | 'complexity'> = {
  flags: ['noscript', 'loading', 'stale'],
  categories: ['@slow', '@connection'],
  group: 'connection',
  complexity: 'O(1)',
};
const ADMIN: Pick<CommandRow, 'flags' | 'categories' | 'group'> = {
  flags: ['admin', 'noscript', 'loading', 'stale'],
  categories: ['@admin', '@slow', '@dangerous', '@connection'],
  group: 'connection',
};
const PER_CLIENT = 'O(N) where N is the number of clients';
const ON_OFF: CommandRow['arguments'] = [
  {
    name: 'enabled',
    type: 'oneof',
    arguments: pureTokens('on', 'off'),
  },
];

const KILL_ARGUMENTS: CommandRow['arguments'] = [
  {
    name: 'filter',
    type: 'oneof',
    arguments: [
      { name: 'ip:port', type: 'string', deprecatedSince: '2.8.12' },
      {
        name: 'new-format',
        type: 'oneof',
        flags: ['multiple'],
        arguments: [
          { name: 'client-id', type: 'integer', token: 'ID', since: '2.8.12', flags: ['optional'] },
          {
            name: 'normal_master_slave_pubsub',
            type: 'oneof',
            token: 'TYPE',
            since: '2.8.12',
            flags: ['optional'],
            arguments: [
              { name: 'normal', type: 'pure-token', token: 'NORMAL' },
              { name: 'master', type: 'pure-token', token: 'MASTER', since: '3.2.0' },
              { name: 'slave', type: 'pure-token', token: 'SLAVE' },
              { name: 'replica', type: 'pure-token', token: 'REPLICA', since: '5.0.0' },
              { name: 'pubsub', type: 'pure-token', token: 'PUBSUB' },
            ],
          },
          { name: 'username', type: 'string', token: 'USER', flags: ['optional'] },
          { name: 'ip:port', type: 'string', token: 'ADDR', flags: ['optional'] },
          { name: 'ip:port', type: 'string', token: 'LADDR', since: '6.2.0', flags: ['optional'] },
          { name: 'yes/no', type: 'string', token: 'SKIPME', flags: ['optional'] },
        ],
      },
    ],
  },
];

const subcommands: readonly CommandRow[] = [
  { ...OWN, name: 'id', arity: 2, since: '5.0.0', summary: 'Tells the number of this connection', run: id },
  {
    ...OWN,
    name: 'info',
    arity: 2,
    since: '6.2.0',
    summary: 'Describes this connection',
    tips: ['nondeterministic_output'],
    run: info,
  },
  {
    ...ADMIN,
    name: 'list',
    arity: -2,
    since: '2.4.0',
    complexity: PER_CLIENT,
    summary: 'Describes the connections of this node',
    tips: ['nondeterministic_output'],
    arguments: [
      {
        name: 'normal_master_replica_pubsub',
        type: 'oneof',
        token: 'TYPE',
        since: '5.0.0',
        flags: ['optional'],
        arguments: ['NORMAL', 'MASTER', 'REPLICA', 'PUBSUB'].map((token) => ({
          name: token.toLowerCase(),
          type: 'pure-token',
          token,
        })),
      },
      {
        name: 'id',
        type: 'block',
        token: 'ID',
        since: '6.2.0',
        flags: ['optional'],
        arguments: [{ name: 'client-id', type: 'integer', flags: ['multiple'] }],
      },
    ],
    run: list,
  },
  {
    ...ADMIN,
    name: 'kill',
    arity: -3,
    since: '2.4.0',
    complexity: PER_CLIENT,
    summary: 'Closes connections of this node',
    arguments: KILL_ARGUMENTS,
    run: kill,
  },
  { ...OWN, name: 'getname', arity: 2, since: '2.6.9', summary: 'Tells the name of this connection', run: getName },
  {
    ...OWN,
    name: 'setname',
    arity: 3,
    since: '2.6.9',
    summary: 'Names this connection',
    arguments: [{ name: 'connection-name', type: 'string' }],
    run: setName,
  },
  {
    ...OWN,
    name: 'setinfo',
    arity: 4,
    since: '7.2.0',
    summary: 'Tells which library the client uses',
    arguments: [
      { name: 'attribute', type: 'string' },
      { name: 'value', type: 'string' },
    ],
    run: setInfo,
  },
  {
    ...OWN,
    name: 'reply',
    arity: 3,
    since: '3.2.0',
    summary: 'Chooses whether commands are answered',
    arguments: [
      {
        name: 'on_off_skip',
        type: 'oneof',
        arguments: pureTokens('on', 'off', 'skip'),
      },
    ],
    run: reply,
  },
  {
    ...ADMIN,
    name: 'no-evict',
    arity: 3,
    since: '7.0.0',
    complexity: 'O(1)',
    summary: 'Accepted for clients that ask: no client is ever evicted',
    arguments: ON_OFF,
    run: onOff((connection, on) => {
      connection.isNoEvict = on;
    }),
  },
  {
    ...OWN,
    name: 'no-touch',
    arity: 3,
    since: '7.2.0',
    summary: 'Accepted for clients that ask: reading a key leaves no trace',
    arguments: ON_OFF,
    run: onOff((connection, on) => {
      connection.isNoTouch = on;
    }),
  },
  ...trackingSubcommands,
  ...pauseSubcommands,
  helpRow('client', 'connection', '5.0.0', [
    'CACHING (YES|NO)',
    '    Always refused: no client tracks keys.',
    'GETREDIR',
    '    Tells that no keys are tracked.',
    'GETNAME',
    '    Tells the name of this connection.',
    'ID',
    '    Tells the number of this connection.',
    'INFO',
    '    Describes this connection.',
    'KILL <ip:port>',
    '    Closes the connection from <ip:port>.',
    'KILL <option> <value> [<option> <value> [...]]',
    '    Closes the connections to which all options apply:',
    '    ID <client-id>, TYPE (NORMAL|MASTER|REPLICA|PUBSUB), USER <username>,',
    '    ADDR <ip:port>, LADDR <ip:port>; SKIPME (YES|NO) spares this one (default: YES).',
    'LIST [TYPE (NORMAL|MASTER|REPLICA|PUBSUB)] [ID <client-id> [<client-id> ...]]',
    '    Describes connections.',
    'NO-EVICT (ON|OFF)',
    '    Accepted; no client is ever evicted.',
    'NO-TOUCH (ON|OFF)',
    '    Accepted; reading a key leaves no trace.',
    'PAUSE <timeout> [WRITE|ALL]',
    '    Lets commands wait for <timeout> milliseconds.',
    'REPLY (ON|OFF|SKIP)',
    '    Chooses whether commands are answered.',
    'SETINFO (LIB-NAME|LIB-VER) <value>',
    '    Tells which library the client uses.',
    'SETNAME <name>',
    '    Names this connection.',
    'TRACKING (ON|OFF) [<option> ...]',
    '    Refused, but for OFF.',
    'TRACKINGINFO',
    '    Tells that no keys are tracked.',
    'UNBLOCK <client-id> [TIMEOUT|ERROR]',
    '    Ends the WAIT of that client.',
    'UNPAUSE',
    '    Ends a pause.',
    'HELP',
    '    Prints this.',
  ]),
];

export const clientCommands: readonly CommandRow[] = [
  {
    name: 'client',
    arity: -2,
    flags: [],
    categories: ['@slow'],
    since: '2.4.0',
    group: 'connection',
    complexity: 'Depends on subcommand.',
    summary: 'About the connections of this node',
    subcommands,
    run: runSubcommand,
  },
];
