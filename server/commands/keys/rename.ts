/**
 * `RENAME`, `RENAMENX`, `COPY` and `MOVE`: a value goes to another key. Two keys are two places of the ring, so that this is a
 * read, then a write, then a deletion, and no atomic step. The new key is written first, and then exactly what was read is
 * deleted: a failure on the way leaves the value under both keys, never under none, and what others write to the old key
 * meanwhile stays there.
 */

import type { Session } from '../../../cluster/coordinator/session.js';
import type { Failure } from '../../../cluster/failure.js';
import { decodeObject } from '../../../cluster/version/codec.js';
import { foldSiblings } from '../../../cluster/version/counter-fold.js';
import type { Written } from '../../../cluster/version/encoded.js';
import { isLive, type VersionVector } from '../../../cluster/version/object.js';
import type { Server } from '../../server.js';
import { FIRST_KEY, KEY_ARGUMENT } from '../arguments/argument-rows.js';
import { storedDatabaseOf } from '../arguments/database-argument.js';
import { keyOf, refusesKey } from '../arguments/key-argument.js';
import { keyword } from '../arguments/keyword.js';
import { type Call, type CommandRow, type Handler, type KeyFlag, type KeySpec, refuse } from '../command.js';
import { SYNTAX_ERROR } from '../error-text.js';
import { refusesFailure } from '../failure-text.js';
import { getStep, type KeyPlace, modifyStep, putStep } from '../session-steps.js';
import { keepsSiblings } from '../shown-sibling.js';

const NO_SUCH_KEY = 'ERR no such key';
const SAME_OBJECT = 'ERR source and destination objects are the same';
const NOTHING_SEEN: VersionVector = new Map();

/** What a transfer came to: done, there was nothing to take, or something is there already. */
type Outcome = 'done' | 'no source' | 'not free' | Failure;

interface Transfer {
  readonly source: KeyPlace;
  readonly target: KeyPlace;
  /** Whether the target may hold something. */
  readonly replaces: boolean;
  readonly keepsSource: boolean;
}

/** Runs the transfer in its turn, and gives what came of it to `answer`, which writes the reply or gives the text of an error. */
function run(call: Call, transfer: Transfer, answer: (outcome: Exclude<Outcome, Failure>) => string | undefined): void {
  const { server, slot, connection } = call;
  const { source, target } = transfer;
  const places = [source, target].map(({ db, key }) => ({ db, key: key.text }));
  connection.session.turn(places, (within, end) => {
    void transferred(server, within, transfer).then((outcome) => {
      end();
      if (typeof outcome === 'object') {
        refusesFailure(server, slot, outcome);
        return;
      }
      const error = answer(outcome);
      if (error === undefined) slot.complete();
      else refuse(server, slot, error);
    });
  });
}

async function transferred(
  server: Server,
  within: Session,
  { source, target, replaces, keepsSource }: Transfer,
): Promise<Outcome> {
  const { failure, object } = await getStep(within, source);
  if (failure !== undefined) return failure;
  const { clock, siblings } = object === undefined ? { clock: NOTHING_SEEN, siblings: [] } : decodeObject(object);
  const nowMs = server.clock.nowMs();
  const values = foldSiblings(siblings, nowMs);
  // All values where an application merges them, else the one that a read shows. The newest is written last.
  const shown = keepsSiblings(server, source.key.text) ? values.toReversed() : values.slice(0, 1);
  const carried = shown
    .filter((value) => isLive(value, nowMs))
    .map(({ value, expiryMs }): Written => ({ tombstone: false, expiryMs, value }));
  if (carried.length === 0) return 'no source';
  const isSame = source.db === target.db && source.key.text === target.key.text;
  if (isSame) return replaces ? 'done' : 'not free';
  const written = await writeAll(server, within, target, carried, replaces);
  if (written !== 'done' || keepsSource) return written;
  const deleted = await modifyStep(within, source, { kind: 'delete', context: clock });
  return deleted.failure ?? 'done';
}

async function writeAll(
  server: Server,
  within: Session,
  target: KeyPlace,
  values: readonly Written[],
  replaces: boolean,
): Promise<Outcome> {
  let context = keepsSiblings(server, target.key.text) ? NOTHING_SEEN : undefined;
  for (const [index, written] of values.entries()) {
    if (index === 0 && !replaces) {
      const { failure, applied } = await modifyStep(within, target, {
        kind: 'set',
        condition: 'absent',
        keepExpiry: false,
        expiryMs: written.expiryMs,
        value: Buffer.from(written.value),
        context,
        answersPrevious: false,
      });
      if (failure !== undefined || !applied) return failure ?? 'not free';
    } else {
      const failure = await putStep(within, target, context, written);
      if (failure !== undefined) return failure;
    }
    // The others stand beside it.
    context = NOTHING_SEEN;
  }
  return 'done';
}

const rename: Handler = (call) => {
  const transfer = renaming(call, true);
  if (transfer === undefined) return;
  const { slot } = call;
  run(call, transfer, (outcome) => {
    if (outcome === 'no source') return NO_SUCH_KEY;
    slot.out.ok();
    return undefined;
  });
};

const renameNx: Handler = (call) => {
  const transfer = renaming(call, false);
  if (transfer === undefined) return;
  const { slot } = call;
  run(call, transfer, (outcome) => {
    if (outcome === 'no source') return NO_SUCH_KEY;
    slot.out.integer(outcome === 'done' ? 1 : 0);
    return undefined;
  });
};

function renaming(call: Call, replaces: boolean): Transfer | undefined {
  const { connection, args } = call;
  if (refusesKey(call, args[1]) || refusesKey(call, args[2])) return undefined;
  const { db } = connection;
  return { source: { db, key: keyOf(args[1]) }, target: { db, key: keyOf(args[2]) }, replaces, keepsSource: false };
}

const copy: Handler = (call) => {
  const { server, slot, connection, args } = call;
  if (refusesKey(call, args[1]) || refusesKey(call, args[2])) return;
  let db = connection.db;
  let replaces = false;
  for (let i = 3; i < args.length; i++) {
    const word = keyword(args[i]);
    if (word === 'REPLACE') {
      replaces = true;
    } else if (word === 'DB' && i + 1 < args.length) {
      const chosen = storedDatabaseOf(server, args[++i]);
      if (typeof chosen === 'string') return refuse(server, slot, chosen);
      db = chosen;
    } else {
      return refuse(server, slot, SYNTAX_ERROR);
    }
  }
  const source = { db: connection.db, key: keyOf(args[1]) };
  const target = { db, key: keyOf(args[2]) };
  if (source.db === target.db && source.key.text === target.key.text) return refuse(server, slot, SAME_OBJECT);
  run(call, { source, target, replaces, keepsSource: true }, (outcome) => {
    slot.out.integer(outcome === 'done' ? 1 : 0);
    return undefined;
  });
};

const move: Handler = (call) => {
  const { server, slot, connection, args } = call;
  if (refusesKey(call, args[1])) return;
  const db = storedDatabaseOf(server, args[2]);
  if (typeof db === 'string') return refuse(server, slot, db);
  if (db === connection.db) return refuse(server, slot, SAME_OBJECT);
  const key = keyOf(args[1]);
  const transfer = { source: { db: connection.db, key }, target: { db, key }, replaces: false, keepsSource: false };
  run(call, transfer, (outcome) => {
    slot.out.integer(outcome === 'done' ? 1 : 0);
    return undefined;
  });
};

function twoKeys(source: readonly KeyFlag[], target: readonly KeyFlag[]): KeySpec {
  const part = (at: number, flags: readonly KeyFlag[]): KeySpec => ({ first: at, last: at, step: 1, flags });
  return { first: 1, last: 2, step: 1, flags: [], parts: [part(1, source), part(2, target)] };
}

const TWO_KEY_ARGUMENTS = [KEY_ARGUMENT, { name: 'newkey', type: 'key', keyPart: 1 }] as const;

/** Commands that take a value to another key. */
export const renameCommands: readonly CommandRow[] = [
  {
    name: 'rename',
    arity: 3,
    flags: ['write'],
    keys: twoKeys(['RW', 'access', 'delete'], ['OW', 'update']),
    categories: ['@keyspace', '@write', '@slow'],
    since: '1.0.0',
    group: 'generic',
    complexity: 'O(1)',
    summary: 'Rename a key; a put of the new one, then a deletion of what was read, not one atomic step',
    arguments: TWO_KEY_ARGUMENTS,
    run: rename,
  },
  {
    name: 'renamenx',
    arity: 3,
    flags: ['write', 'fast'],
    keys: twoKeys(['RW', 'access', 'delete'], ['OW', 'insert']),
    categories: ['@keyspace', '@write', '@fast'],
    since: '1.0.0',
    group: 'generic',
    complexity: 'O(1)',
    summary: 'Rename a key, only if the new key does not exist; a SET NX, then a deletion, not one atomic step',
    arguments: TWO_KEY_ARGUMENTS,
    run: renameNx,
  },
  {
    name: 'copy',
    arity: -3,
    flags: ['write', 'denyoom'],
    keys: twoKeys(['RO', 'access'], ['OW', 'update']),
    categories: ['@keyspace', '@write', '@slow'],
    since: '6.2.0',
    group: 'generic',
    complexity: 'O(N) worst case for collections, where N is the number of nested items. O(1) for string values.',
    summary: 'Copy a key; a read, then a put (SET NX without REPLACE), not one atomic step',
    arguments: [
      { name: 'source', type: 'key' },
      { name: 'destination', type: 'key', keyPart: 1 },
      { name: 'destination-db', type: 'integer', token: 'DB', flags: ['optional'] },
      { name: 'replace', type: 'pure-token', token: 'REPLACE', flags: ['optional'] },
    ],
    run: copy,
  },
  {
    name: 'move',
    arity: 3,
    flags: ['write', 'fast'],
    keys: { ...FIRST_KEY, flags: ['RW', 'access', 'update'] },
    categories: ['@keyspace', '@write', '@fast'],
    since: '1.0.0',
    group: 'generic',
    complexity: 'O(1)',
    summary: 'Move a key to another database; a SET NX there, then a deletion here, not one atomic step',
    arguments: [KEY_ARGUMENT, { name: 'db', type: 'integer' }],
    run: move,
  },
];
