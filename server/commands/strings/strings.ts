/** HOT PATH (`GET`, `SET`). Strings, and Dynamo's get and put with their context tokens. */

import type { Change } from '../../../cluster/coordinator/changes/change.js';
import type { WriteDone } from '../../../cluster/coordinator/put.js';
import type { Failure } from '../../../cluster/failure.js';
import type { ObjectBytes } from '../../../cluster/version/codec.js';
import { newestLiveSibling, shownValueBytes, shownValueStart, type Written } from '../../../cluster/version/encoded.js';
import type { VersionVector } from '../../../cluster/version/object.js';
import type { ReplySlot } from '../../net/reply-slot.js';
import type { Server } from '../../server.js';
import { LONG_REQUEST_ARGUMENTS, STEP_ARGUMENTS, STEP_BYTES } from '../../turns/limits.js';
import {
  ALL_KEYS,
  FIRST_KEY,
  KEY_ARGUMENT,
  KEYS_ARGUMENT,
  KEYS_WITH_VALUES,
  pureTokens,
} from '../arguments/argument-rows.js';
import { keyOf, refusesKey, refusesValue } from '../arguments/key-argument.js';
import { type CommandRow, type Handler, type KeyFlag, refuse } from '../command.js';
import { SYNTAX_ERROR } from '../error-text.js';
import { refusesFailure } from '../failure-text.js';
import { Gather } from '../gather.js';
import { keepsSiblings, readable, shownAt, shownValue } from '../shown-sibling.js';
import { writeContextReply } from './context-reply.js';
import { contextOfPlainPut, putPlain, setWithOptions, writeBulkOrNull } from './put-string.js';
import { parseSetArguments } from './set-arguments.js';

const BAD_CONTEXT = 'BADCONTEXT the context token is not of this cluster, not for this key, or was changed';

/** What the reply to one call on one key needs. */
interface Pending {
  readonly server: Server;
  readonly slot: ReplySlot;
  readonly db: number;
  readonly key: string;
}

const get: Handler = (call) => {
  const { server, slot, connection, args } = call;
  const argument = args[1];
  if (refusesKey(call, argument)) return;
  const key = keyOf(argument);
  if (args.length > 2 && !(args.length === 3 && isWord(args[2], 'CONTEXT'))) {
    refuse(server, slot, "ERR wrong number of arguments for 'get' command");
    return;
  }
  const shape = args.length === 3 || keepsSiblings(server, key.text) ? answerContext : answerNewest;
  connection.session.get(connection.db, key.slot, key.text, { server, slot, db: connection.db, key: key.text }, shape);
};

function answerNewest(
  { server, slot, key }: Pending,
  failure: Failure | undefined,
  held: ObjectBytes | undefined,
): void {
  if (refusesFailure(server, slot, failure)) return;
  const object = readable(server, held);
  const at = shownAt(server, key, object);
  server.statistics.countLookup(at >= 0);
  if (object === undefined || at < 0) {
    slot.out.nullBulk();
  } else {
    const start = shownValueStart(object, at);
    slot.out.bulkSlice(object, start, start + shownValueBytes(object, at));
  }
  slot.complete();
}

function answerContext(pending: Pending, failure: Failure | undefined, object: ObjectBytes | undefined): void {
  const { server, slot, db, key } = pending;
  if (refusesFailure(server, slot, failure)) return;
  const nowMs = server.clock.nowMs();
  server.statistics.countLookup(object !== undefined && newestLiveSibling(object, nowMs) >= 0);
  writeContextReply(slot.out, server.node.tokens, db, key, object, nowMs);
  slot.complete();
}

const set: Handler = (call) => {
  const { server, slot, connection, args } = call;
  const argument = args[1];
  const value = args[2];
  if (refusesKey(call, argument) || refusesValue(call, value)) return;
  const key = keyOf(argument);
  if (args.length === 3) {
    const written: Written = { tombstone: false, expiryMs: 0, value };
    putPlain(call, key, written);
    return;
  }
  const options = parseSetArguments(args, server.clock.nowMs());
  if (typeof options === 'string') {
    refuse(server, slot, options);
    return;
  }
  let context: VersionVector | undefined;
  if (options.token !== undefined) {
    context = server.node.tokens.open(connection.db, key.text, options.token);
    if (context === undefined) {
      refuse(server, slot, BAD_CONTEXT);
      return;
    }
  }
  setWithOptions(call, key, value, options, context);
};

const delex: Handler = (call) => {
  const { server, slot, connection, args } = call;
  const argument = args[1];
  if (refusesKey(call, argument)) return;
  const key = keyOf(argument);
  if (!isWord(args[2], 'CONTEXT')) {
    refuse(server, slot, SYNTAX_ERROR);
    return;
  }
  const context = server.node.tokens.open(connection.db, key.text, args[3]);
  if (context === undefined) {
    refuse(server, slot, BAD_CONTEXT);
    return;
  }
  const change: Change = { kind: 'delete', context };
  connection.session.modify(connection.db, key.slot, key.text, change, undefined, (_state, failure, applied) => {
    if (refusesFailure(server, slot, failure)) return;
    slot.out.integer(applied ? 1 : 0);
    slot.complete();
  });
};

const mget: Handler = (call) => {
  const { server, slot, connection, args } = call;
  for (let i = 1; i < args.length; i++) if (refusesKey(call, args[i])) return;
  // Gathered only if it can be sent: a short request may ask for the same long value many times.
  const max = server.config.clientOutputBufferLimit;
  let bytes = 0;
  const refusal = (): string | undefined => {
    return bytes <= max ? undefined : `ERR the reply would be over ${max} bytes long (client-output-buffer-limit)`;
  };
  const answer = (values: readonly (Buffer | undefined)[]): void | Iterator<void> => {
    slot.out.array(values.length);
    if (values.length > LONG_REQUEST_ARGUMENTS || bytes > STEP_BYTES) return writeInTurns(slot, values);
    for (const value of values) writeBulkOrNull(slot, value);
  };
  const gather = new Gather<Buffer>(server, slot, args.length - 1, answer, refusal);
  const { db, session } = connection;
  gather.ask((index) => {
    const key = keyOf(args[index + 1]);
    session.get(db, key.slot, key.text, index, (at, failure, object) => {
      const value = shownValue(server, key.text, object);
      server.statistics.countLookup(value !== undefined);
      connection.noteValue(value?.length ?? 0);
      if (value === undefined) {
        gather.arrived(at, failure, undefined);
        return;
      }
      bytes += value.length;
      // A copy: the object is good for this turn, and other keys may take longer.
      gather.arrived(at, failure, bytes <= max ? Buffer.from(value) : undefined, value.length);
    });
  }, connection.valueBytesExpected);
};

/** Values of many keys or long ones, a few between one `yield` and the next. */
function* writeInTurns(slot: ReplySlot, values: readonly (Buffer | undefined)[]): Generator<void> {
  let count = 0;
  let bytes = 0;
  for (const value of values) {
    count++;
    bytes += value?.length ?? 0;
    if (count > STEP_ARGUMENTS || bytes > STEP_BYTES) {
      yield;
      count = 1;
      bytes = value?.length ?? 0;
    }
    writeBulkOrNull(slot, value);
  }
}

const mset: Handler = (call) => {
  const { server, slot, connection, args } = call;
  if (args.length % 2 === 0) {
    refuse(server, slot, "ERR wrong number of arguments for 'mset' command");
    return;
  }
  for (let i = 1; i < args.length; i += 2) {
    if (refusesKey(call, args[i]) || refusesValue(call, args[i + 1])) return;
  }
  const { db, session } = connection;
  const count = (args.length - 1) / 2;
  let bytes = 0;
  for (let i = 2; i < args.length; i += 2) bytes += args[i].length;
  const gather = new Gather<undefined>(server, slot, count, () => slot.out.ok());
  const arrived: WriteDone<number> = (index, failure) => {
    gather.arrived(index, failure, undefined, args[index * 2 + 2].length);
  };
  gather.ask((index) => {
    const key = keyOf(args[index * 2 + 1]);
    const context = contextOfPlainPut(server, key.text);
    const written: Written = { tombstone: false, expiryMs: 0, value: args[index * 2 + 2] };
    session.put(db, key.slot, key.text, context, written, index, arrived);
  }, bytes / count);
};

const strlen: Handler = (call) => {
  const { server, slot, connection, args } = call;
  const argument = args[1];
  if (refusesKey(call, argument)) return;
  const key = keyOf(argument);
  connection.session.get(connection.db, key.slot, key.text, { server, slot }, (_pending, failure, object) => {
    if (refusesFailure(server, slot, failure)) return;
    const value = shownValue(server, key.text, object);
    server.statistics.countLookup(value !== undefined);
    slot.out.integer(value?.length ?? 0);
    slot.complete();
  });
};

function isWord(argument: Buffer | undefined, word: string): boolean {
  return argument?.toString('latin1').toUpperCase() === word;
}

/** `SET` reads the key only with `GET`. */
function setKeyFlags(args: readonly Buffer[]): readonly KeyFlag[] {
  return args.slice(3).some((word) => isWord(word, 'GET')) ? ['RW', 'access', 'update'] : ['OW', 'update'];
}

/** String commands. */
export const stringCommands: readonly CommandRow[] = [
  {
    name: 'get',
    arity: -2,
    flags: ['readonly', 'fast'],
    keys: { ...FIRST_KEY, flags: ['RO', 'access'] },
    categories: ['@read', '@string', '@fast'],
    since: '1.0.0',
    group: 'string',
    complexity: 'O(1)',
    summary: 'Get the value of a key; with CONTEXT all its siblings and the token to supersede them',
    arguments: [KEY_ARGUMENT, { name: 'context', type: 'pure-token', token: 'CONTEXT', flags: ['optional'] }],
    run: get,
  },
  {
    name: 'set',
    arity: -3,
    flags: ['write', 'denyoom'],
    values: { first: 2 },
    keys: {
      ...FIRST_KEY,
      flags: ['RW', 'access', 'update', 'variable_flags'],
      flagsFor: setKeyFlags,
      notes: 'RW and ACCESS due to the optional `GET` argument',
    },
    categories: ['@write', '@string', '@slow'],
    since: '1.0.0',
    group: 'string',
    complexity: 'O(1)',
    summary:
      'Set the string value of a key; with CONTEXT it supersedes what the token has seen and answers a new token',
    arguments: [
      KEY_ARGUMENT,
      { name: 'value', type: 'string' },
      {
        name: 'condition',
        type: 'oneof',
        since: '2.6.12',
        flags: ['optional'],
        arguments: pureTokens('nx', 'xx'),
      },
      { name: 'get', type: 'pure-token', token: 'GET', since: '6.2.0', flags: ['optional'] },
      {
        name: 'expiration',
        type: 'oneof',
        flags: ['optional'],
        arguments: [
          { name: 'seconds', type: 'integer', token: 'EX', since: '2.6.12' },
          { name: 'milliseconds', type: 'integer', token: 'PX', since: '2.6.12' },
          { name: 'unix-time-seconds', type: 'unix-time', token: 'EXAT', since: '6.2.0' },
          { name: 'unix-time-milliseconds', type: 'unix-time', token: 'PXAT', since: '6.2.0' },
          { name: 'keepttl', type: 'pure-token', token: 'KEEPTTL', since: '6.0.0' },
        ],
      },
      { name: 'token', type: 'string', token: 'CONTEXT', flags: ['optional'] },
    ],
    run: set,
  },
  {
    name: 'delex',
    arity: 4,
    flags: ['write'],
    keys: { ...FIRST_KEY, flags: ['RM', 'delete'] },
    categories: ['@keyspace', '@write', '@slow'],
    since: '0.1.0',
    group: 'string',
    complexity: 'O(1)',
    summary: 'Delete what a context token has seen of a key; siblings that it has not seen stay',
    arguments: [KEY_ARGUMENT, { name: 'token', type: 'string', token: 'CONTEXT' }],
    run: delex,
  },
  {
    name: 'mget',
    arity: -2,
    flags: ['readonly', 'fast'],
    keys: { ...ALL_KEYS, flags: ['RO', 'access'] },
    categories: ['@read', '@string', '@fast'],
    since: '1.0.0',
    group: 'string',
    complexity: 'O(N) where N is the number of keys to retrieve.',
    summary: 'Get the values of all the given keys',
    tips: ['request_policy:multi_shard'],
    arguments: [KEYS_ARGUMENT],
    run: mget,
  },
  {
    name: 'mset',
    arity: -3,
    flags: ['write', 'denyoom'],
    values: { first: 2, step: 2 },
    keys: { first: 1, last: -1, step: 2, flags: ['OW', 'update'] },
    categories: ['@write', '@string', '@slow'],
    since: '1.0.1',
    group: 'string',
    complexity: 'O(N) where N is the number of keys to set.',
    summary: 'Set multiple keys to multiple values; each is a put of its own, not one atomic step',
    tips: ['request_policy:multi_shard', 'response_policy:all_succeeded'],
    arguments: [KEYS_WITH_VALUES],
    run: mset,
  },
  {
    name: 'strlen',
    arity: 2,
    flags: ['readonly', 'fast'],
    keys: { ...FIRST_KEY, flags: ['RO'] },
    categories: ['@read', '@string', '@fast'],
    since: '2.2.0',
    group: 'string',
    complexity: 'O(1)',
    summary: 'Get the length of the value stored in a key',
    arguments: [KEY_ARGUMENT],
    run: strlen,
  },
];
