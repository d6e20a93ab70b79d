/** Writes of a whole string that ask or answer more than `SET` does: SETNX, SETEX, PSETEX, GETSET, GETDEL, GETEX. */

import type { Change } from '../../../cluster/coordinator/changes/change.js';
import type { Failure } from '../../../cluster/failure.js';
import { FIRST_KEY, KEY_ARGUMENT } from '../arguments/argument-rows.js';
import { EXPIRY_OPTIONS, type ExpiryUnit, type GivenExpiry, positiveExpiryMs } from '../arguments/expiry.js';
import { keyOf, refusesKey, refusesValue } from '../arguments/key-argument.js';
import { keyword } from '../arguments/keyword.js';
import { type Call, type CommandRow, type Handler, refuse } from '../command.js';
import { SYNTAX_ERROR } from '../error-text.js';
import { refusesFailure } from '../failure-text.js';
import { changeString } from './change-string.js';
import { contextOfPlainPut, putPlain, setWithOptions, writeBulkOrNull } from './put-string.js';
import { readString } from './read-string.js';

const NEVER = 0;
const FIRST_OPTION = 2;
/** A run that may have been the second one: the key is gone, and its value with it. */
const VALUE_UNKNOWN: Failure = {
  code: 'OutcomeUnknown',
  reason: 'the coordinator became unreachable, and the value that it deleted can not be told any more',
};

const setNx: Handler = (call) => {
  const { server, slot, connection, args } = call;
  if (refusesKey(call, args[1]) || refusesValue(call, args[2])) return;
  const key = keyOf(args[1]);
  const change: Change = {
    kind: 'set',
    condition: 'absent',
    keepExpiry: false,
    expiryMs: NEVER,
    value: args[2],
    context: contextOfPlainPut(server, key.text),
    answersPrevious: false,
  };
  connection.session.modify(connection.db, key.slot, key.text, change, undefined, (_state, failure, applied) => {
    if (refusesFailure(server, slot, failure)) return;
    slot.out.integer(applied ? 1 : 0);
    slot.complete();
  });
};

function setExHandler(name: string, unit: ExpiryUnit): Handler {
  return (call) => {
    const { server, slot, args } = call;
    if (refusesKey(call, args[1]) || refusesValue(call, args[3])) return;
    const expiryMs = positiveExpiryMs({ argument: args[2], unit, isAbsolute: false }, name, server.clock.nowMs());
    if (typeof expiryMs === 'string') return refuse(server, slot, expiryMs);
    putPlain(call, keyOf(args[1]), { tombstone: false, expiryMs, value: args[3] });
  };
}

const getSet: Handler = (call) => {
  const { args } = call;
  if (refusesKey(call, args[1]) || refusesValue(call, args[2])) return;
  const options = { condition: 'always', get: true, keepTtl: false, expiryMs: NEVER } as const;
  setWithOptions(call, keyOf(args[1]), args[2], options, undefined);
};

const getDel: Handler = (call) => {
  const { server, slot, args } = call;
  if (refusesKey(call, args[1])) return;
  changeString(call, { kind: 'getdel' }, (value) => {
    server.statistics.countLookup(value !== undefined);
    writeBulkOrNull(slot, value);
  });
};

interface GetExOptions {
  readonly expiry: GivenExpiry | undefined;
  readonly persists: boolean;
}

/** The options of `GETEX`, or the text of the error. */
function parseGetExOptions(args: readonly Buffer[]): GetExOptions | string {
  let said: string | undefined;
  let expiry: GivenExpiry | undefined;
  for (let i = FIRST_OPTION; i < args.length; i++) {
    const word = keyword(args[i]);
    const option = EXPIRY_OPTIONS.get(word);
    if ((option === undefined && word !== 'PERSIST') || (said ?? word) !== word) return SYNTAX_ERROR;
    said = word;
    if (option === undefined) continue;
    i++;
    if (i >= args.length) return SYNTAX_ERROR;
    // Of an option that is said twice the last one counts, as in Redis.
    expiry = { ...option, argument: args[i] };
  }
  return { expiry, persists: said === 'PERSIST' };
}

const getEx: Handler = (call) => {
  const { server, slot, args } = call;
  const options = parseGetExOptions(args);
  if (typeof options === 'string') return refuse(server, slot, options);
  const nowMs = server.clock.nowMs();
  const expiryMs = options.expiry === undefined ? NEVER : positiveExpiryMs(options.expiry, 'getex', nowMs);
  if (typeof expiryMs === 'string' || (options.expiry === undefined && !options.persists)) {
    readString(call, (value) => {
      // Redis looks at the time only if there is something that could expire.
      if (value !== undefined && typeof expiryMs === 'string') return expiryMs;
      writeBulkOrNull(slot, value);
      return undefined;
    });
  } else if (expiryMs !== NEVER && expiryMs <= nowMs) {
    getDel(call);
  } else {
    getAndExpire(call, expiryMs);
  }
};

/** Answers the value and changes its expiry (absolute, ms; 0: never). All siblings stay, as with `EXPIRE`. */
function getAndExpire(call: Call, expiryMs: number): void {
  const { server, slot, connection, args } = call;
  if (refusesKey(call, args[1])) return;
  const key = keyOf(args[1]);
  const change: Change = { kind: 'expire', condition: 0, expiryMs };
  connection.session.modify(connection.db, key.slot, key.text, change, undefined, (_s, failure, applied, value) => {
    if (refusesFailure(server, slot, failure ?? (applied && value === undefined ? VALUE_UNKNOWN : undefined))) return;
    server.statistics.countLookup(value !== undefined);
    writeBulkOrNull(slot, value);
    slot.complete();
  });
}

const VALUE_ARGUMENT = { name: 'value', type: 'string' } as const;

/** `SETEX` and `PSETEX`. */
function setExRow(name: string, since: string, unit: ExpiryUnit, summary: string): CommandRow {
  return {
    name,
    arity: 4,
    flags: ['write', 'denyoom'],
    values: { first: 3 },
    keys: { ...FIRST_KEY, flags: ['OW', 'update'] },
    categories: ['@write', '@string', '@slow'],
    since,
    group: 'string',
    complexity: 'O(1)',
    summary,
    arguments: [KEY_ARGUMENT, { name: unit, type: 'integer' }, VALUE_ARGUMENT],
    run: setExHandler(name, unit),
  };
}

/** SETNX, SETEX, PSETEX, GETSET, GETDEL, GETEX. */
export const writeCommands: readonly CommandRow[] = [
  {
    name: 'setnx',
    arity: 3,
    flags: ['write', 'denyoom', 'fast'],
    values: { first: 2 },
    keys: { ...FIRST_KEY, flags: ['OW', 'insert'] },
    categories: ['@write', '@string', '@fast'],
    since: '1.0.0',
    group: 'string',
    complexity: 'O(1)',
    summary: 'Set the value of a key, only if the key does not exist',
    arguments: [KEY_ARGUMENT, VALUE_ARGUMENT],
    run: setNx,
  },
  setExRow('setex', '2.0.0', 'seconds', 'Set the value and expiration of a key'),
  setExRow('psetex', '2.6.0', 'milliseconds', 'Set the value and expiration in milliseconds of a key'),
  {
    name: 'getset',
    arity: 3,
    flags: ['write', 'denyoom', 'fast'],
    values: { first: 2 },
    keys: { ...FIRST_KEY, flags: ['RW', 'access', 'update'] },
    categories: ['@write', '@string', '@fast'],
    since: '1.0.0',
    group: 'string',
    complexity: 'O(1)',
    summary: 'Set the string value of a key and return its old value',
    deprecated: { since: '6.2.0', replacedBy: '`SET` with the `!GET` argument' },
    arguments: [KEY_ARGUMENT, VALUE_ARGUMENT],
    run: getSet,
  },
  {
    name: 'getdel',
    arity: 2,
    flags: ['write', 'fast'],
    keys: { ...FIRST_KEY, flags: ['RW', 'access', 'delete'] },
    categories: ['@write', '@string', '@fast'],
    since: '6.2.0',
    group: 'string',
    complexity: 'O(1)',
    summary: 'Get the value of a key and delete the key',
    arguments: [KEY_ARGUMENT],
    run: getDel,
  },
  {
    name: 'getex',
    arity: -2,
    flags: ['write', 'fast'],
    keys: {
      ...FIRST_KEY,
      flags: ['RW', 'access', 'update'],
      notes: 'RW and UPDATE because it changes the TTL',
    },
    categories: ['@write', '@string', '@fast'],
    since: '6.2.0',
    group: 'string',
    complexity: 'O(1)',
    summary: 'Get the value of a key and optionally set its expiration',
    arguments: [
      KEY_ARGUMENT,
      {
        name: 'expiration',
        type: 'oneof',
        flags: ['optional'],
        arguments: [
          { name: 'seconds', type: 'integer', token: 'EX' },
          { name: 'milliseconds', type: 'integer', token: 'PX' },
          { name: 'unix-time-seconds', type: 'unix-time', token: 'EXAT' },
          { name: 'unix-time-milliseconds', type: 'unix-time', token: 'PXAT' },
          { name: 'persist', type: 'pure-token', token: 'PERSIST' },
        ],
      },
    ],
    run: getEx,
  },
];
