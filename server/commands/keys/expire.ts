/** Expiry of keys. A time of expiry is absolute and part of the value, so that all replicas see the same instant. */

import {
  EXPIRE_IF_GREATER,
  EXPIRE_IF_LESS,
  EXPIRE_IF_NONE,
  EXPIRE_IF_SOME,
} from '../../../cluster/coordinator/changes/change.js';
import { siblingExpiryMs } from '../../../cluster/version/codec.js';
import { FIRST_KEY, KEY_ARGUMENT } from '../arguments/argument-rows.js';
import { absoluteExpiryMs, type ExpiryUnit } from '../arguments/expiry.js';
import { parseInt64 } from '../arguments/integer-argument.js';
import { keyOf, refusesKey } from '../arguments/key-argument.js';
import { type Call, type CommandRow, type Handler, refuse } from '../command.js';
import { refusesFailure } from '../failure-text.js';
import { readable, shownAt } from '../shown-sibling.js';

const NEVER = 0;
const REPLY_NO_KEY = -2;
const REPLY_NO_EXPIRY = -1;
const FIRST_CONDITION = 3;

const CONDITION_FLAGS: Readonly<Record<string, number | undefined>> = {
  NX: EXPIRE_IF_NONE,
  XX: EXPIRE_IF_SOME,
  GT: EXPIRE_IF_GREATER,
  LT: EXPIRE_IF_LESS,
};

/** The flags of `NX|XX|GT|LT`, or the error in Redis's words. */
function parseConditions(args: readonly Buffer[]): number | string {
  let flags = 0;
  for (let i = FIRST_CONDITION; i < args.length; i++) {
    const word = args[i].toString('latin1');
    const flag = CONDITION_FLAGS[word.toUpperCase()];
    if (flag === undefined) return `ERR Unsupported option ${word}`;
    flags |= flag;
  }
  const others = EXPIRE_IF_SOME | EXPIRE_IF_GREATER | EXPIRE_IF_LESS;
  if ((flags & EXPIRE_IF_NONE) !== 0 && (flags & others) !== 0) {
    return 'ERR NX and XX, GT or LT options at the same time are not compatible';
  }
  if ((flags & EXPIRE_IF_GREATER) !== 0 && (flags & EXPIRE_IF_LESS) !== 0) {
    return 'ERR GT and LT options at the same time are not compatible';
  }
  return flags;
}

function expireHandler(name: string, unit: ExpiryUnit, isAbsolute: boolean): Handler {
  return (call) => {
    const { server, slot, args } = call;
    const condition = parseConditions(args);
    if (typeof condition === 'string') {
      refuse(server, slot, condition, 'latin1');
      return;
    }
    const value = parseInt64(args[2]);
    if (value === undefined) {
      refuse(server, slot, 'ERR value is not an integer or out of range');
      return;
    }
    const expiryMs = absoluteExpiryMs(value, unit, isAbsolute, server.clock.nowMs());
    if (expiryMs === undefined) {
      refuse(server, slot, `ERR invalid expire time in '${name}' command`);
      return;
    }
    changeExpiry(call, condition, expiryMs);
  };
}

const persist: Handler = (call) => changeExpiry(call, 0, NEVER);

function changeExpiry(call: Call, condition: number, expiryMs: number): void {
  const { server, slot, connection, args } = call;
  if (refusesKey(call, args[1])) return;
  const key = keyOf(args[1]);
  const change = { kind: 'expire', condition, expiryMs } as const;
  connection.session.modify(connection.db, key.slot, key.text, change, undefined, (_state, failure, applied) => {
    if (refusesFailure(server, slot, failure)) return;
    slot.out.integer(applied ? 1 : 0);
    slot.complete();
  });
}

/** `answer` makes the reply of an expiry (absolute, ms) and the time now. */
function expiryHandler(answer: (expiryMs: number, nowMs: number) => number): Handler {
  return (call) => {
    const { server, slot, connection, args } = call;
    if (refusesKey(call, args[1])) return;
    const key = keyOf(args[1]);
    connection.session.get(connection.db, key.slot, key.text, undefined, (_state, failure, held) => {
      if (refusesFailure(server, slot, failure)) return;
      const object = readable(server, held);
      const nowMs = server.clock.nowMs();
      const at = shownAt(server, key.text, object);
      const expiryMs = object === undefined || at < 0 ? undefined : siblingExpiryMs(object, at);
      server.statistics.countLookup(expiryMs !== undefined);
      if (expiryMs === undefined) slot.out.integer(REPLY_NO_KEY);
      else slot.out.integer(expiryMs === NEVER ? REPLY_NO_EXPIRY : answer(expiryMs, nowMs));
      slot.complete();
    });
  };
}

// As Redis rounds: half a second up.
const toSeconds = (ms: number): number => Math.floor((ms + 500) / 1000);

interface ExpireRow {
  readonly name: string;
  readonly since: string;
  readonly unit: ExpiryUnit;
  readonly isAbsolute: boolean;
  readonly argument: { readonly name: string; readonly type: 'integer' | 'unix-time' };
  readonly summary: string;
}

const EXPIRE_ROWS: readonly ExpireRow[] = [
  {
    name: 'expire',
    since: '1.0.0',
    unit: 'seconds',
    isAbsolute: false,
    argument: { name: 'seconds', type: 'integer' },
    summary: "Set a key's time to live in seconds",
  },
  {
    name: 'pexpire',
    since: '2.6.0',
    unit: 'milliseconds',
    isAbsolute: false,
    argument: { name: 'milliseconds', type: 'integer' },
    summary: "Set a key's time to live in milliseconds",
  },
  {
    name: 'expireat',
    since: '1.2.0',
    unit: 'seconds',
    isAbsolute: true,
    argument: { name: 'unix-time-seconds', type: 'unix-time' },
    summary: 'Set the expiration for a key as a UNIX timestamp',
  },
  {
    name: 'pexpireat',
    since: '2.6.0',
    unit: 'milliseconds',
    isAbsolute: true,
    argument: { name: 'unix-time-milliseconds', type: 'unix-time' },
    summary: 'Set the expiration for a key as a UNIX timestamp specified in milliseconds',
  },
];

const CHANGES_BY_ITSELF = ['nondeterministic_output'];
const TTL_ROWS: readonly {
  name: string;
  since: string;
  summary: string;
  tips?: readonly string[];
  answer: (ms: number, nowMs: number) => number;
}[] = [
  {
    name: 'ttl',
    since: '1.0.0',
    summary: 'Get the time to live for a key in seconds',
    tips: CHANGES_BY_ITSELF,
    answer: (ms, nowMs) => toSeconds(ms - nowMs),
  },
  {
    name: 'pttl',
    since: '2.6.0',
    summary: 'Get the time to live for a key in milliseconds',
    tips: CHANGES_BY_ITSELF,
    answer: (ms, nowMs) => ms - nowMs,
  },
  {
    name: 'expiretime',
    since: '7.0.0',
    summary: 'Get the expiration Unix timestamp for a key',
    answer: (ms) => toSeconds(ms),
  },
  {
    name: 'pexpiretime',
    since: '7.0.0',
    summary: 'Get the expiration Unix timestamp for a key in milliseconds',
    answer: (ms) => ms,
  },
];

/** EXPIRE, TTL and their kin. */
export const expireCommands: readonly CommandRow[] = [
  ...EXPIRE_ROWS.map(
    ({ name, since, unit, isAbsolute, argument, summary }): CommandRow => ({
      name,
      arity: -3,
      flags: ['write', 'fast'],
      keys: { ...FIRST_KEY, flags: ['RW', 'update'] },
      categories: ['@keyspace', '@write', '@fast'],
      since,
      group: 'generic',
      complexity: 'O(1)',
      summary,
      arguments: [
        KEY_ARGUMENT,
        argument,
        {
          name: 'condition',
          type: 'oneof',
          since: '7.0.0',
          flags: ['optional'],
          arguments: ['NX', 'XX', 'GT', 'LT'].map((token) => ({
            name: token.toLowerCase(),
            type: 'pure-token',
            token,
          })),
        },
      ],
      run: expireHandler(name, unit, isAbsolute),
    }),
  ),
  ...TTL_ROWS.map(
    ({ name, since, summary, tips, answer }): CommandRow => ({
      name,
      arity: 2,
      flags: ['readonly', 'fast'],
      keys: { ...FIRST_KEY, flags: ['RO', 'access'] },
      categories: ['@keyspace', '@read', '@fast'],
      since,
      group: 'generic',
      complexity: 'O(1)',
      summary,
      ...(tips && { tips }),
      arguments: [KEY_ARGUMENT],
      run: expiryHandler(answer),
    }),
  ),
  {
    name: 'persist',
    arity: 2,
    flags: ['write', 'fast'],
    keys: { ...FIRST_KEY, flags: ['RW', 'update'] },
    categories: ['@keyspace', '@write', '@fast'],
    since: '2.2.0',
    group: 'generic',
    complexity: 'O(1)',
    summary: 'Remove the expiration from a key',
    arguments: [KEY_ARGUMENT],
    run: persist,
  },
];
