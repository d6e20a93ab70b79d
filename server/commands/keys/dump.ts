/** `DUMP` and `RESTORE`: strings in the form in which Redis 7.0 and its tools hand them over. */

import type { Change } from '../../../cluster/coordinator/changes/change.js';
import type { VersionVector } from '../../../cluster/version/object.js';
import type { ReplySlot } from '../../net/reply-slot.js';
import { dumping, dumpString, restoredString } from '../../rdb/string-payload.js';
import { answerInTurns } from '../../turns/answer-in-turns.js';
import { STEP_BYTES_COSTLY } from '../../turns/limits.js';
import { FIRST_KEY, KEY_ARGUMENT } from '../arguments/argument-rows.js';
import { absoluteExpiryMs } from '../arguments/expiry.js';
import { parseInt64 } from '../arguments/integer-argument.js';
import { keyOf, refusesKey } from '../arguments/key-argument.js';
import { keyword } from '../arguments/keyword.js';
import { type Call, type CommandRow, type Handler, refuse } from '../command.js';
import { NOT_AN_INTEGER, SYNTAX_ERROR } from '../error-text.js';
import { refusesFailure } from '../failure-text.js';
import { getStep, type KeyPlace, modifyStep, putStep } from '../session-steps.js';
import { keepsSiblings, shownAt, shownValue } from '../shown-sibling.js';

const BUSY_KEY = 'BUSYKEY Target key name already exists.';
const FREQ_MAX = 255n;
const FIRST_OPTION = 4;
const NEVER = 0;
const NOTHING_SEEN: VersionVector = new Map();

const dump: Handler = (call) => {
  const { server, slot, connection, args } = call;
  if (refusesKey(call, args[1])) return;
  const key = keyOf(args[1]);
  connection.session.get(connection.db, key.slot, key.text, undefined, (_state, failure, object) => {
    if (refusesFailure(server, slot, failure)) return;
    const value = shownValue(server, key.text, object);
    server.statistics.countLookup(value !== undefined);
    // A copy: the object is good for this turn.
    if (value !== undefined && value.length > STEP_BYTES_COSTLY)
      return answerInTurns(slot, dumpInto(slot, Buffer.from(value)));
    if (value === undefined) slot.out.nullBulk();
    else slot.out.bulk(dumpString(value));
    slot.complete();
  });
};

function* dumpInto(slot: ReplySlot, value: Buffer): Generator<void> {
  slot.out.bulk(yield* dumping(value));
}

interface RestoreOptions {
  readonly replaces: boolean;
  readonly isAbsolute: boolean;
}

/** The options, or the error in Redis's words. `IDLETIME` and `FREQ` are checked and have no effect. */
function parseOptions(args: readonly Buffer[]): RestoreOptions | string {
  let replaces = false;
  let isAbsolute = false;
  let given: 'IDLETIME' | 'FREQ' | undefined;
  for (let i = FIRST_OPTION; i < args.length; i++) {
    const word = keyword(args[i]);
    const hasValue = i + 1 < args.length;
    if (word === 'REPLACE') {
      replaces = true;
    } else if (word === 'ABSTTL') {
      isAbsolute = true;
    } else if ((word === 'IDLETIME' || word === 'FREQ') && hasValue && (given === undefined || given === word)) {
      const value = parseInt64(args[++i]);
      if (value === undefined) return NOT_AN_INTEGER;
      if (word === 'IDLETIME' && value < 0n) return 'ERR Invalid IDLETIME value, must be >= 0';
      if (word === 'FREQ' && (value < 0n || value > FREQ_MAX)) return 'ERR Invalid FREQ value, must be >= 0 and <= 255';
      given = word;
    } else {
      return SYNTAX_ERROR;
    }
  }
  return { replaces, isAbsolute };
}

const restore: Handler = (call) => {
  const { server, slot, connection, args } = call;
  if (refusesKey(call, args[1])) return;
  const options = parseOptions(args);
  if (typeof options === 'string') {
    refuse(server, slot, options);
    return;
  }
  const place: KeyPlace = { db: connection.db, key: keyOf(args[1]) };
  const own: Call = { server, slot, connection, args };
  connection.session.turn([{ db: place.db, key: place.key.text }], (within, end) => {
    void restored(own, within, place, options).then((error) => {
      end();
      if (error === undefined) {
        slot.out.ok();
        slot.complete();
      } else if (typeof error === 'string') {
        refuse(server, slot, error);
      } else {
        refusesFailure(server, slot, error);
      }
    });
  });
};

/** Errors come in the order of Redis: that the key is there before what is wrong with the arguments. */
async function restored(
  { server, args }: Call,
  within: Call['connection']['session'],
  place: KeyPlace,
  { replaces, isAbsolute }: RestoreOptions,
) {
  const { failure, object } = replaces ? { failure: undefined, object: undefined } : await getStep(within, place);
  if (failure !== undefined) return failure;
  if (shownAt(server, place.key.text, object) >= 0) return BUSY_KEY;
  const ttl = parseInt64(args[2]);
  if (ttl === undefined) return NOT_AN_INTEGER;
  if (ttl < 0n) return 'ERR Invalid TTL value, must be >= 0';
  const max = server.config.valueMaxLen;
  const value = restoredString(args[3], max);
  if (value === 'footer') return 'ERR DUMP payload version or checksum are wrong';
  if (value === 'data') return 'ERR Bad data format';
  if (value === 'too long') return `ERR value is longer than ${max} bytes (value-max-len)`;
  const nowMs = server.clock.nowMs();
  const expiryMs = ttl === 0n ? NEVER : absoluteExpiryMs(ttl, 'milliseconds', isAbsolute, nowMs);
  // What is over already, or overflows, which Redis takes for that, only takes the old value away.
  if (expiryMs === undefined || (expiryMs !== NEVER && expiryMs <= nowMs)) {
    if (!replaces) return undefined;
    const deleted = await modifyStep(within, place, { kind: 'delete', context: undefined });
    return deleted.failure;
  }
  const context = keepsSiblings(server, place.key.text) ? NOTHING_SEEN : undefined;
  if (replaces) return putStep(within, place, context, { tombstone: false, expiryMs, value });
  const set: Change = {
    kind: 'set',
    condition: 'absent',
    keepExpiry: false,
    expiryMs,
    value,
    context,
    answersPrevious: false,
  };
  const { failure: notWritten, applied } = await modifyStep(within, place, set);
  return notWritten ?? (applied ? undefined : BUSY_KEY);
}

/** `DUMP`, `RESTORE`. */
export const dumpCommands: readonly CommandRow[] = [
  {
    name: 'dump',
    arity: 2,
    flags: ['readonly'],
    keys: { ...FIRST_KEY, flags: ['RO', 'access'] },
    categories: ['@keyspace', '@read', '@slow'],
    since: '2.6.0',
    group: 'generic',
    complexity:
      'O(1) to access the key and additional O(N*M) to serialize it, where N is the number of Redis objects composing the value and M their average size. For small string values the time complexity is thus O(1)+O(1*M) where M is small, so simply O(1).',
    summary: 'Give the value of a key in the form of an RDB file, which Redis 7.0 restores',
    tips: ['nondeterministic_output'],
    arguments: [KEY_ARGUMENT],
    run: dump,
  },
  {
    name: 'restore',
    arity: -4,
    flags: ['write', 'denyoom'],
    keys: { ...FIRST_KEY, flags: ['OW', 'update'] },
    categories: ['@keyspace', '@write', '@slow', '@dangerous'],
    since: '2.6.0',
    group: 'generic',
    complexity:
      'O(1) to create the new key and additional O(N*M) to reconstruct the serialized value, where N is the number of Redis objects composing the value and M their average size. For small string values the time complexity is thus O(1)+O(1*M) where M is small, so simply O(1). However for sorted set values the complexity is O(N*M*log(N)) because inserting values into sorted sets is O(log(N)).',
    summary: 'Create a key from what DUMP gave, here or of Redis up to 7.0; strings only',
    arguments: [
      KEY_ARGUMENT,
      { name: 'ttl', type: 'integer' },
      { name: 'serialized-value', type: 'string' },
      { name: 'replace', type: 'pure-token', token: 'REPLACE', since: '3.0.0', flags: ['optional'] },
      { name: 'absttl', type: 'pure-token', token: 'ABSTTL', since: '5.0.0', flags: ['optional'] },
      { name: 'seconds', type: 'integer', token: 'IDLETIME', since: '5.0.0', flags: ['optional'] },
      { name: 'frequency', type: 'integer', token: 'FREQ', since: '5.0.0', flags: ['optional'] },
    ],
    run: restore,
  },
];
