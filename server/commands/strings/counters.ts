/** Commands that add to numbers. Increments that are taken at several nodes at once add up. */

import type { Decimal } from '../../../cluster/version/decimal.js';
import { parseDecimal } from '../../../cluster/version/decimal.js';
import { FIRST_KEY, KEY_ARGUMENT } from '../arguments/argument-rows.js';
import { parseInt64 } from '../arguments/integer-argument.js';
import { keyOf, refusesKey } from '../arguments/key-argument.js';
import { type Call, type CommandRow, type Handler, refuse } from '../command.js';
import { refusesFailure } from '../failure-text.js';

const NOT_AN_INTEGER = 'ERR value is not an integer or out of range';
const INT64_MIN = -(2n ** 63n);

/** Adds to the key of the call; answers with an integer, or for a number with a fraction with its text. */
function add(call: Call, by: Decimal, isFloat: boolean): void {
  const { server, slot, connection, args } = call;
  const argument = args[1];
  if (refusesKey(call, argument)) return;
  const key = keyOf(argument);
  connection.session.modify(
    connection.db,
    key.slot,
    key.text,
    { kind: 'increment', by, isFloat },
    undefined,
    (_state, failure, _applied, value) => {
      if (refusesFailure(server, slot, failure)) return;
      if (value === undefined) throw new Error('an increment answered nothing');
      if (isFloat) slot.out.bulk(value);
      else slot.out.integer(BigInt(value.toString('latin1')));
      slot.complete();
    },
  );
}

const incr: Handler = (call) => add(call, { units: 1n, scale: 0 }, false);

const decr: Handler = (call) => add(call, { units: -1n, scale: 0 }, false);

const incrby: Handler = (call) => {
  const by = parseInt64(call.args[2]);
  if (by === undefined) refuse(call.server, call.slot, NOT_AN_INTEGER);
  else add(call, { units: by, scale: 0 }, false);
};

const decrby: Handler = (call) => {
  const by = parseInt64(call.args[2]);
  if (by === undefined) refuse(call.server, call.slot, NOT_AN_INTEGER);
  else if (by === INT64_MIN) refuse(call.server, call.slot, 'ERR decrement would overflow');
  else add(call, { units: -by, scale: 0 }, false);
};

const incrbyfloat: Handler = (call) => {
  const by = parseDecimal(call.args[2]);
  if (by === undefined) refuse(call.server, call.slot, 'ERR value is not a valid float');
  else if (by === 'infinite') refuse(call.server, call.slot, 'ERR increment would produce NaN or Infinity');
  else add(call, by, true);
};

const ONE_KEY = {
  keys: { ...FIRST_KEY, flags: ['RW', 'access', 'update'] },
  categories: ['@write', '@string', '@fast'],
  flags: ['write', 'denyoom', 'fast'],
  group: 'string',
  complexity: 'O(1)',
} as const;

/** Commands that add to numbers. */
export const counterCommands: readonly CommandRow[] = [
  {
    ...ONE_KEY,
    name: 'incr',
    arity: 2,
    since: '1.0.0',
    summary: 'Add one to the integer of a key; what is added at several nodes at once adds up',
    arguments: [KEY_ARGUMENT],
    run: incr,
  },
  {
    ...ONE_KEY,
    name: 'decr',
    arity: 2,
    since: '1.0.0',
    summary: 'Take one from the integer of a key; what is taken at several nodes at once adds up',
    arguments: [KEY_ARGUMENT],
    run: decr,
  },
  {
    ...ONE_KEY,
    name: 'incrby',
    arity: 3,
    since: '1.0.0',
    summary: 'Add to the integer of a key; what is added at several nodes at once adds up',
    arguments: [KEY_ARGUMENT, { name: 'increment', type: 'integer' }],
    run: incrby,
  },
  {
    ...ONE_KEY,
    name: 'decrby',
    arity: 3,
    since: '1.0.0',
    summary: 'Take from the integer of a key; what is taken at several nodes at once adds up',
    arguments: [KEY_ARGUMENT, { name: 'decrement', type: 'integer' }],
    run: decrby,
  },
  {
    ...ONE_KEY,
    name: 'incrbyfloat',
    arity: 3,
    since: '2.6.0',
    summary: 'Add to the number of a key, exactly to 17 decimals; what is added at several nodes at once adds up',
    arguments: [KEY_ARGUMENT, { name: 'increment', type: 'double' }],
    run: incrbyfloat,
  },
];
