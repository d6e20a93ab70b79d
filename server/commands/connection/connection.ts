import type { LoginVerdict } from '../../acl/access-control.js';
import { DEFAULT_USER } from '../../acl/user-store.js';
import type { ClientConnection } from '../../net/connection.js';
import type { ReplySlot } from '../../net/reply-slot.js';
import type { RespVersion } from '../../resp/reply-buffer.js';
import { databaseOf } from '../arguments/database-argument.js';
import { parseInt64 } from '../arguments/integer-argument.js';
import { keyword } from '../arguments/keyword.js';
import { nameRefusal } from '../arguments/printable-word.js';
import { afterAuth, allFrom } from '../arguments/shown-arguments.js';
import { type Call, type CommandRow, refuse } from '../command.js';
import { wrongArity } from '../error-text.js';
import { REDIS_VERSION } from '../version.js';

const WRONG_PASSWORD = 'WRONGPASS invalid username-password pair or user is disabled.';
const HELLO_ARGUMENTS_MAX = 64;
const TOO_MANY_LOGINS = 'ERR Too many logins from this address have failed; try again later';
const NO_PASSWORD_SET =
  'ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?';
const HELLO_NEEDS_LOGIN =
  'NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time';

function ping({ server, args, slot }: Call) {
  if (args.length > 2) return refuse(server, slot, wrongArity('ping'));
  const [, message] = args;
  if (message === undefined) slot.out.simple('PONG');
  else slot.out.bulk(message);
  slot.complete();
}

function echo({ args, slot }: Call) {
  const [, message] = args;
  if (message !== undefined) slot.out.bulk(message);
  slot.complete();
}

function auth({ server, connection, args, slot }: Call) {
  if (args.length > 3) return refuse(server, slot, 'ERR syntax error');
  if (args.length === 2 && server.access.users.default.needsNoPassword) return refuse(server, slot, NO_PASSWORD_SET);
  const name = args.length === 2 ? DEFAULT_USER : (args[1]?.toString('latin1') ?? '');
  const password = args[args.length - 1] ?? Buffer.alloc(0);
  const answer = (verdict: LoginVerdict) => {
    if (verdict !== 'welcome') return refuse(server, slot, refusalOf(verdict));
    slot.out.ok();
    slot.complete();
  };
  const verdict = server.access.logIn(connection, name, password, args[0]?.toString('latin1') ?? '', answer);
  if (verdict !== 'later') answer(verdict);
}

function refusalOf(verdict: Exclude<LoginVerdict, 'welcome'>): string {
  return verdict === 'wrong' ? WRONG_PASSWORD : TOO_MANY_LOGINS;
}

function hello({ server, connection, args, slot }: Call) {
  // Each AUTH among them is a login of its own, and all of them are one turn.
  if (args.length > HELLO_ARGUMENTS_MAX) {
    return refuse(server, slot, `ERR HELLO takes at most ${HELLO_ARGUMENTS_MAX - 1} arguments`);
  }
  let resp = connection.resp;
  if (args[1] !== undefined) {
    const version = parseInt64(args[1]);
    if (version === undefined) return refuse(server, slot, 'ERR Protocol version is not an integer or out of range');
    // The words matter: ioredis goes on with RESP2 only on NOPROTO.
    if (version !== 2n && version !== 3n) return refuse(server, slot, 'NOPROTO unsupported protocol version');
    resp = version === 2n ? 2 : 3;
  }
  // The call is another one's by the time of a late verdict.
  takeOptions({ server, connection, args, slot }, 2, resp);
}

/** Takes the options one after the other from `from` on, as Redis does: those before a bad one have had their effect. */
function takeOptions(call: Call, from: number, resp: RespVersion) {
  const { server, connection, args, slot } = call;
  for (let at = from; at < args.length; ) {
    const option = keyword(args[at]);
    const [first, second] = [args[at + 1], args[at + 2]];
    if (option === 'AUTH' && first !== undefined && second !== undefined) {
      const next = at + 3;
      const command = args[0]?.toString('latin1') ?? '';
      const verdict = server.access.logIn(connection, first.toString('latin1'), second, command, (late) => {
        if (late !== 'welcome') refuse(server, slot, refusalOf(late));
        else takeOptions(call, next, resp);
      });
      if (verdict === 'later') return;
      if (verdict !== 'welcome') return refuse(server, slot, refusalOf(verdict));
      at = next;
    } else if (option === 'SETNAME' && first !== undefined) {
      const name = first.toString('latin1');
      const refusal = nameRefusal(name);
      if (refusal !== undefined) return refuse(server, slot, refusal);
      connection.name = name;
      at += 2;
    } else {
      return refuse(server, slot, `ERR Syntax error in HELLO option '${args[at]?.toString('latin1')}'`, 'latin1');
    }
  }
  if (!connection.login.isAuthenticated) return refuse(server, slot, HELLO_NEEDS_LOGIN);
  connection.resp = resp;
  greet(connection, slot, resp);
}

function greet(connection: ClientConnection, slot: ReplySlot, resp: RespVersion): void {
  const out = slot.out;
  out.resp = resp;
  out.map(7);
  out.bulkText('server');
  out.bulkText('redis');
  out.bulkText('version');
  out.bulkText(REDIS_VERSION);
  out.bulkText('proto');
  out.integer(resp);
  out.bulkText('id');
  out.integer(connection.id);
  out.bulkText('mode');
  out.bulkText('cluster');
  out.bulkText('role');
  out.bulkText('master');
  out.bulkText('modules');
  out.array(0);
  slot.complete();
}

function quit({ connection, slot }: Call) {
  slot.out.ok();
  slot.complete();
  connection.closeAfterReplies();
}

function reset({ server, connection, slot }: Call) {
  connection.selected = 0;
  connection.resp = 2;
  connection.name = '';
  connection.isReadonly = false;
  connection.isAsking = false;
  connection.isNoEvict = false;
  connection.isNoTouch = false;
  connection.endTransaction();
  if (connection.isMonitor) server.monitors.remove(connection);
  connection.setReplyMode('on', slot);
  server.access.begin(connection.login);
  slot.out.resp = 2;
  slot.out.simple('RESET');
  slot.complete();
}

function select({ server, connection, args, slot }: Call) {
  const db = databaseOf(server, args[1]);
  if (typeof db === 'string') return refuse(server, slot, db);
  connection.selected = db;
  slot.out.ok();
  slot.complete();
}

export const connectionCommands: readonly CommandRow[] = [
  {
    name: 'auth',
    arity: -2,
    flags: ['noscript', 'loading', 'stale', 'fast', 'no_auth', 'allow_busy'],
    categories: ['@fast', '@connection'],
    since: '1.0.0',
    group: 'connection',
    complexity: 'O(1)',
    summary: 'Logs in as a user of this node',
    arguments: [
      { name: 'username', type: 'string', since: '6.0.0', flags: ['optional'] },
      { name: 'password', type: 'string' },
    ],
    secretArguments: allFrom(1),
    run: auth,
  },
  {
    name: 'ping',
    arity: -1,
    flags: ['fast'],
    categories: ['@fast', '@connection'],
    since: '1.0.0',
    group: 'connection',
    complexity: 'O(1)',
    summary: 'Answers PONG, or the message',
    tips: ['request_policy:all_shards', 'response_policy:all_succeeded'],
    arguments: [{ name: 'message', type: 'string', flags: ['optional'] }],
    run: ping,
  },
  {
    name: 'echo',
    arity: 2,
    flags: ['loading', 'stale', 'fast'],
    categories: ['@fast', '@connection'],
    since: '1.0.0',
    group: 'connection',
    complexity: 'O(1)',
    summary: 'Answers the message',
    arguments: [{ name: 'message', type: 'string' }],
    run: echo,
  },
  {
    name: 'hello',
    arity: -1,
    flags: ['noscript', 'loading', 'stale', 'fast', 'no_auth', 'allow_busy'],
    categories: ['@fast', '@connection'],
    since: '6.0.0',
    group: 'connection',
    complexity: 'O(1)',
    summary: 'Chooses the version of the protocol and tells about the server',
    arguments: [
      {
        name: 'arguments',
        type: 'block',
        flags: ['optional'],
        arguments: [
          { name: 'protover', type: 'integer' },
          {
            name: 'username_password',
            type: 'block',
            token: 'AUTH',
            flags: ['optional'],
            arguments: [
              { name: 'username', type: 'string' },
              { name: 'password', type: 'string' },
            ],
          },
          { name: 'clientname', type: 'string', token: 'SETNAME', flags: ['optional'] },
        ],
      },
    ],
    secretArguments: afterAuth,
    run: hello,
  },
  {
    name: 'quit',
    arity: -1,
    flags: ['noscript', 'loading', 'stale', 'fast', 'no_auth', 'allow_busy'],
    categories: ['@fast', '@connection'],
    since: '1.0.0',
    group: 'connection',
    complexity: 'O(1)',
    summary: 'Closes the connection once all is answered',
    run: quit,
  },
  {
    name: 'reset',
    arity: 1,
    flags: ['noscript', 'loading', 'stale', 'fast', 'no_auth', 'allow_busy'],
    categories: ['@fast', '@connection'],
    since: '6.2.0',
    group: 'connection',
    complexity: 'O(1)',
    summary: 'Makes the connection as good as new',
    run: reset,
  },
  {
    name: 'select',
    arity: 2,
    flags: ['loading', 'stale', 'fast'],
    categories: ['@fast', '@connection'],
    since: '1.0.0',
    group: 'connection',
    complexity: 'O(1)',
    summary: 'Chooses the database of this connection, in cluster clients too',
    arguments: [{ name: 'index', type: 'integer' }],
    run: select,
  },
];
