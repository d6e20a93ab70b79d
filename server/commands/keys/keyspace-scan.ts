/** What looks through all keys: `SCAN`, `KEYS`, `RANDOMKEY`. Through any node they see the keys of the whole cluster. */
import { setImmediate } from 'node:timers/promises';
import type { Failure } from '../../../cluster/failure.js';
import { cursorOf, FIRST_PLACE, placeOf, type ScanPlace } from '../../../cluster/scan/place.js';
import type { ReplySlot } from '../../net/reply-slot.js';
import type { Server } from '../../server.js';
import { compileKeyGlob } from '../arguments/glob.js';
import { parseInt64 } from '../arguments/integer-argument.js';
import { keyword } from '../arguments/keyword.js';
import { type CommandRow, type Handler, refuse } from '../command.js';
import { NOT_AN_INTEGER, SYNTAX_ERROR } from '../error-text.js';
import { refusesFailure } from '../failure-text.js';

const COUNT_USUAL = 10;
/** Keys that one reply of `SCAN` may have, whatever COUNT says. */
const COUNT_MAX = 10_000;
/** `KEYS` asks for so many at a time. */
const KEYS_A_STEP = 1_000;
/** And writes so many in one turn of the event loop. */
const KEYS_A_TURN = 5_000;
/** What a key takes in a reply beside its bytes, at most. */
const BULK_OVERHEAD_BYTES = 16;
const CURSOR_MAX = 2n ** 64n - 1n;
/** What C's `strtoul` takes for a number, without a blank before it; nothing at all is 0. */
const CURSOR = /^(?:[+-]?\d+)?$/;
/** Longer ones are refused, zeros too, which Redis skips: reading a number takes ever longer with its length. */
const CURSOR_BYTES_MAX = 4096;
const ANY = '*';

interface ScanArguments {
  readonly matches: (key: string) => boolean;
  readonly count: number;
  /** Whether keys of that type exist: all are strings. */
  readonly hasType: boolean;
}

const scan: Handler = ({ server, slot, connection, args }) => {
  const cursor = parseCursor(args[1]);
  if (cursor === undefined) {
    refuse(server, slot, 'ERR invalid cursor');
    return;
  }
  const options = parseScanArguments(args);
  if (typeof options === 'string') {
    refuse(server, slot, options);
    return;
  }
  const place = placeOf(cursor, server.node.routes.partitionCount);
  if (place === undefined) {
    writeScan(slot, undefined, []);
    return;
  }
  void server.node.walk.step(connection.db, place, options.count).then((step) => {
    if (refusesWalk(server, slot, step)) return;
    writeScan(slot, step.next, options.hasType ? step.keys.filter(options.matches) : []);
  });
};

function writeScan(slot: ReplySlot, next: ScanPlace | undefined, keys: readonly string[]): void {
  slot.out.array(2);
  slot.out.bulkText(String(cursorOf(next)));
  writeKeys(slot, keys);
  slot.complete();
}

function writeKeys(slot: ReplySlot, keys: readonly string[]): void {
  slot.out.array(keys.length);
  for (const key of keys) slot.out.bulk(Buffer.from(key, 'latin1'));
}

function parseCursor(argument: Buffer): bigint | undefined {
  // As a C string, which a NUL byte ends.
  const end = argument.indexOf(0);
  const digits = end < 0 ? argument : argument.subarray(0, end);
  if (digits.length > CURSOR_BYTES_MAX) return undefined;
  const text = digits.toString('latin1');
  if (!CURSOR.test(text)) return undefined;
  const value = BigInt(text.replace(/^\+/, ''));
  const magnitude = value < 0n ? -value : value;
  // As C negates an unsigned number.
  return magnitude > CURSOR_MAX ? undefined : BigInt.asUintN(64, value);
}

/** The options, or the error in Redis's words. */
function parseScanArguments(args: readonly Buffer[]): ScanArguments | string {
  let matches = (_key: string): boolean => true;
  let count = COUNT_USUAL;
  let hasType = true;
  for (let i = 2; i < args.length; i += 2) {
    const value = args[i + 1];
    if (value === undefined) return SYNTAX_ERROR;
    switch (keyword(args[i])) {
      case 'COUNT': {
        const number = parseInt64(value);
        if (number === undefined) return NOT_AN_INTEGER;
        if (number < 1n) return SYNTAX_ERROR;
        count = Number(number < BigInt(COUNT_MAX) ? number : COUNT_MAX);
        break;
      }
      case 'MATCH': {
        const pattern = value.toString('latin1');
        matches = pattern === ANY ? () => true : compileKeyGlob(pattern);
        break;
      }
      case 'TYPE':
        hasType = keyword(value) === 'STRING';
        break;
      default:
        return SYNTAX_ERROR;
    }
  }
  return { matches, count, hasType };
}

const keys: Handler = ({ server, slot, connection, args }) => {
  void keysLike(server, connection.db, args[1].toString('latin1')).then((found) => {
    if (typeof found === 'string') refuse(server, slot, found);
    else if (!refusesWalk(server, slot, found)) void writeManyKeys(slot, found.keys);
  });
};

/** Other clients have their turns between the pieces of a long reply. */
async function writeManyKeys(slot: ReplySlot, keys: readonly string[]): Promise<void> {
  slot.out.array(keys.length);
  for (let at = 0; at < keys.length; at += KEYS_A_TURN) {
    if (at > 0) await setImmediate();
    for (const key of keys.slice(at, at + KEYS_A_TURN)) slot.out.bulk(Buffer.from(key, 'latin1'));
  }
  slot.complete();
}

/** All keys that match; or the failure of the cluster; or why they are too many for a reply. */
async function keysLike(
  server: Server,
  db: number,
  pattern: string,
): Promise<{ readonly keys: readonly string[] } | Failure | string> {
  const matches = compileKeyGlob(pattern);
  const found: string[] = [];
  let bytes = 0;
  let place: ScanPlace | undefined = FIRST_PLACE;
  while (place !== undefined) {
    const step: Awaited<ReturnType<typeof server.node.walk.step>> = await server.node.walk.step(db, place, KEYS_A_STEP);
    if ('code' in step) return step;
    for (const key of step.keys) {
      if (!matches(key)) continue;
      found.push(key);
      bytes += key.length + BULK_OVERHEAD_BYTES;
    }
    const max = server.config.clientOutputBufferLimit;
    if (bytes > max) return `ERR the reply would be over ${max} bytes long (client-output-buffer-limit); use SCAN`;
    place = step.next;
  }
  return { keys: found };
}

const randomKey: Handler = ({ server, slot, connection }) => {
  void server.node.walk.someKeys(connection.db).then((found) => {
    if (refusesWalk(server, slot, found)) return;
    const key = found[Math.floor(Math.random() * found.length)];
    if (key === undefined) slot.out.nullBulk();
    else slot.out.bulk(Buffer.from(key, 'latin1'));
    slot.complete();
  });
};

/** Answers with the error of a walk that failed, and says so. */
function refusesWalk<T extends object>(server: Server, slot: ReplySlot, outcome: T | Failure): outcome is Failure {
  return 'code' in outcome && refusesFailure(server, slot, outcome);
}

/** `SCAN` and what goes through all keys at once. Clients that ask every node would get each key as often: no tips to do so. */
export const keyspaceScanCommands: readonly CommandRow[] = [
  {
    name: 'scan',
    arity: -2,
    flags: ['readonly'],
    categories: ['@keyspace', '@read', '@slow'],
    since: '2.8.0',
    group: 'generic',
    complexity:
      'O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to return back to 0. N is the number of elements inside the collection.',
    summary:
      'Iterate over the keys of the whole cluster; the cursor is a place and holds at every node, while nodes come and go',
    tips: ['nondeterministic_output'],
    arguments: [
      { name: 'cursor', type: 'integer' },
      { name: 'pattern', type: 'pattern', token: 'MATCH', flags: ['optional'] },
      { name: 'count', type: 'integer', token: 'COUNT', flags: ['optional'] },
      { name: 'type', type: 'string', token: 'TYPE', since: '6.0.0', flags: ['optional'] },
    ],
    run: scan,
  },
  {
    name: 'keys',
    arity: 2,
    flags: ['readonly'],
    categories: ['@keyspace', '@read', '@slow', '@dangerous'],
    since: '1.0.0',
    group: 'generic',
    complexity:
      'O(N) with N being the number of keys in the database, under the assumption that the key names in the database and the given pattern have limited length.',
    summary: 'Find all keys of the cluster that match a pattern; refused where they are too many for a reply',
    tips: ['nondeterministic_output_order'],
    arguments: [{ name: 'pattern', type: 'pattern' }],
    run: keys,
  },
  {
    name: 'randomkey',
    arity: 1,
    flags: ['readonly'],
    categories: ['@keyspace', '@read', '@slow'],
    since: '1.0.0',
    group: 'generic',
    complexity: 'O(1)',
    summary: 'Return some key of the cluster; not all are equally likely',
    tips: ['nondeterministic_output'],
    run: randomKey,
  },
];
