/** MSETNX: all keys or none, in three steps. */

import type { Change } from '../../../cluster/coordinator/changes/change.js';
import type { Session } from '../../../cluster/coordinator/session.js';
import type { Failure } from '../../../cluster/failure.js';
import { decodeObject, type ObjectBytes } from '../../../cluster/version/codec.js';
import type { VersionVector } from '../../../cluster/version/object.js';
import type { Server } from '../../server.js';
import { LONG_REQUEST_ARGUMENTS, STEP_ARGUMENTS } from '../../turns/limits.js';
import { pacedAll } from '../../turns/paced-promises.js';
import type { TurnQueue } from '../../turns/turn-queue.js';
import { KEYS_WITH_VALUES } from '../arguments/argument-rows.js';
import { keyOf, refusesKey, refusesValue } from '../arguments/key-argument.js';
import { type CommandRow, type Handler, refuse } from '../command.js';
import { wrongArity } from '../error-text.js';
import { refusesFailure } from '../failure-text.js';
import type { KeyPlace } from '../session-steps.js';
import { shownValue } from '../shown-sibling.js';
import { contextOfPlainPut } from './put-string.js';

type Steps = Pick<Session, 'get' | 'modify'>;

interface Pair {
  readonly place: KeyPlace;
  readonly value: Buffer;
}

interface Look {
  readonly failure: Failure | undefined;
  readonly isThere: boolean;
}

interface Put {
  readonly failure: Failure | undefined;
  /** What has seen the write of the value, and nothing else of the key; undefined: something was there. */
  readonly written: VersionVector | undefined;
}

const msetnx: Handler = (call) => {
  const { server, slot, connection, args } = call;
  if (args.length % 2 === 0) return refuse(server, slot, wrongArity('msetnx'));
  for (let i = 1; i < args.length; i += 2) {
    if (refusesKey(call, args[i]) || refusesValue(call, args[i + 1])) return;
  }
  const { db, session, context } = connection;
  // Of a key that is said twice the last value counts, as in Redis.
  const pairs = new Map<string, Pair>();
  const add = (at: number): void => {
    const key = keyOf(args[at]);
    pairs.set(key.text, { place: { db, key }, value: args[at + 1] });
  };
  const begin = (within: Steps, end: () => void): void => {
    void setAllOrNone(server, within, context.turns, [...pairs.values()]).then((outcome) => {
      if (typeof outcome === 'boolean') {
        slot.out.integer(outcome ? 1 : 0);
        slot.complete();
      } else {
        refusesFailure(server, slot, outcome);
      }
      end();
    });
  };
  if (args.length <= LONG_REQUEST_ARGUMENTS) {
    for (let i = 1; i < args.length; i += 2) add(i);
    const turn = [...pairs.keys()].map((key) => ({ db, key }));
    session.turn(turn, begin);
    return;
  }
  context.turns.run(
    (function* () {
      for (let i = 1; i < args.length; i += 2) {
        add(i);
        if (i % STEP_ARGUMENTS === 1) yield;
      }
      // Nothing else of this client is under way beside a long request.
      begin(session, () => undefined);
    })(),
  );
};

/**
 * Sets all keys if none of them is there: looks for all, then sets each unless it is there by then, and where that finds one
 * after all, or fails, deletes those that were set, by the dots of their writes: what someone else has written to one of them
 * since stays, were it the same value. Each key is an operation of its own, so that others may see some of them set and gone
 * again. Answers whether all were set; a failure where that of one key is not known.
 */
export async function setAllOrNone(
  server: Server,
  session: Steps,
  turns: TurnQueue,
  pairs: readonly Pair[],
): Promise<boolean | Failure> {
  const isNoGood = (look: Look): boolean => look.failure !== undefined || look.isThere;
  const looks = await pacedAll(turns, pairs, ({ place }) => look(server, session, place), isNoGood);
  const unread = looks.find(({ failure }) => failure !== undefined)?.failure;
  if (unread !== undefined) return unread;
  if (looks.some(({ isThere }) => isThere)) return false;
  const isUnset = (put: Put): boolean => put.failure !== undefined || put.written === undefined;
  const puts = await pacedAll(turns, pairs, (pair) => putIfAbsent(server, session, pair), isUnset);
  const unset = puts.find(({ failure }) => failure !== undefined)?.failure;
  if (unset === undefined && puts.every(({ written }) => written !== undefined)) return true;
  const written = puts.map((put, at) => ({ place: pairs[at].place, context: put.written }));
  const failures = await pacedAll(turns, written, ({ place, context }) => takeBack(session, place, context));
  return unset ?? failures.find((failure) => failure !== undefined) ?? false;
}

function look(server: Server, session: Steps, { db, key }: KeyPlace): Promise<Look> {
  return new Promise((resolve) => {
    session.get(db, key.slot, key.text, undefined, (_state, failure, object) =>
      resolve({ failure, isThere: shownValue(server, key.text, object) !== undefined }),
    );
  });
}

function putIfAbsent(server: Server, session: Steps, { place: { db, key }, value }: Pair): Promise<Put> {
  const change: Change = {
    kind: 'set',
    condition: 'absent',
    keepExpiry: false,
    expiryMs: 0,
    value,
    context: contextOfPlainPut(server, key.text),
    answersPrevious: false,
  };
  return new Promise((resolve) => {
    session.modify(db, key.slot, key.text, change, undefined, (_state, failure, applied, _previous, object) =>
      resolve({ failure, written: applied && object !== undefined ? contextOf(object, value) : undefined }),
    );
  });
}

function contextOf(object: ObjectBytes, value: Buffer): VersionVector {
  const written = decodeObject(object).siblings.filter((sibling) => !sibling.tombstone && sibling.value.equals(value));
  return new Map(written.map(({ dot }) => [dot.actor, dot.counter]));
}

function takeBack(
  session: Steps,
  { db, key }: KeyPlace,
  context: VersionVector | undefined,
): Promise<Failure | undefined> {
  if (context === undefined) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    session.modify(db, key.slot, key.text, { kind: 'delete', context }, undefined, (_s, failure) => resolve(failure));
  });
}

/** MSETNX. */
export const msetnxCommands: readonly CommandRow[] = [
  {
    name: 'msetnx',
    arity: -3,
    flags: ['write', 'denyoom'],
    values: { first: 2, step: 2 },
    keys: { first: 1, last: -1, step: 2, flags: ['OW', 'insert'] },
    categories: ['@write', '@string', '@slow'],
    since: '1.0.1',
    group: 'string',
    complexity: 'O(N) where N is the number of keys to set.',
    summary:
      'Set multiple keys to multiple values, only if none of the keys exist; each is a put of its own, not one atomic step, and is taken back where another is there meanwhile',
    tips: ['request_policy:multi_shard', 'response_policy:agg_min'],
    arguments: [KEYS_WITH_VALUES],
    run: msetnx,
  },
];
