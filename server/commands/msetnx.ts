/** MSETNX: all keys or none, in three steps. */
import type { Change } from '../../cluster/coordinator/change.js';
import type { Session } from '../../cluster/coordinator/session.js';
import type { Failure } from '../../cluster/failure.js';
import { decodeObject, type ObjectBytes } from '../../cluster/version/codec.js';
import type { VersionVector } from '../../cluster/version/object.js';
import type { Server } from '../server.js';
import { type CommandRow, type Handler, refuse } from './command.js';
import { wrongArity } from './error-text.js';
import { refusesFailure } from './failure-text.js';
import { type Key, keyOf, refusesKey, refusesValue } from './key-argument.js';
import { contextOfPlainPut } from './put-string.js';
import { shownValue } from './shown-sibling.js';

interface Pair {
  readonly key: Key;
  readonly value: Buffer;
}

/** What of a pair was written, and is taken back by. */
interface Put {
  readonly key: Key;
  readonly context: VersionVector;
}

const msetnx: Handler = (call) => {
  const { server, slot, connection, args } = call;
  if (args.length % 2 === 0) return refuse(server, slot, wrongArity('msetnx'));
  for (let i = 1; i < args.length; i += 2) {
    if (refusesKey(call, args[i]) || refusesValue(call, args[i + 1])) return;
  }
  // Of a key that is said twice the last value counts, as in Redis.
  const pairs = new Map<string, Pair>();
  for (let i = 1; i < args.length; i += 2) {
    const key = keyOf(args[i]);
    pairs.set(key.text, { key, value: args[i + 1] });
  }
  const { db } = connection;
  const turn = [...pairs.keys()].map((key) => ({ db, key }));
  connection.session.turn(turn, (within, end) => {
    new AllOrNone(server, within, db, [...pairs.values()], (failure, isSet) => {
      if (!refusesFailure(server, slot, failure)) {
        slot.out.integer(isSet ? 1 : 0);
        slot.complete();
      }
      end();
    }).start();
  });
};

/**
 * Sets all keys if none of them is there: reads all, then sets each unless it is there by then, and where that finds one
 * after all, or fails, deletes those that were set, by what they hold: what someone else has written over one of them since
 * stays. Each key is an operation of its own, so that others may see some of them set and gone again.
 */
class AllOrNone {
  readonly #puts: Put[] = [];
  #missing = 0;
  #failure: Failure | undefined;
  #isRefused = false;

  constructor(
    private readonly server: Server,
    private readonly session: Session,
    private readonly db: number,
    private readonly pairs: readonly Pair[],
    private readonly done: (failure: Failure | undefined, isSet: boolean) => void,
  ) {}

  start(): void {
    this.#missing = this.pairs.length;
    for (const { key } of this.pairs) {
      this.session.get(this.db, key.slot, key.text, undefined, (_state, failure, object) => {
        this.#failure ??= failure;
        if (shownValue(this.server, key.text, object) !== undefined) this.#isRefused = true;
        this.#arrived(() => this.#set());
      });
    }
  }

  #set(): void {
    if (this.#failure !== undefined || this.#isRefused) {
      this.done(this.#failure, false);
      return;
    }
    this.#missing = this.pairs.length;
    for (const { key, value } of this.pairs) {
      const change: Change = {
        kind: 'set',
        condition: 'absent',
        keepExpiry: false,
        expiryMs: 0,
        value,
        context: contextOfPlainPut(this.server, key.text),
        answersPrevious: false,
      };
      this.session.modify(this.db, key.slot, key.text, change, undefined, (_s, failure, applied, _previous, object) => {
        this.#failure ??= failure;
        if (!applied) this.#isRefused = true;
        else if (object !== undefined) this.#puts.push({ key, context: contextOf(object, value) });
        this.#arrived(() => this.#judge());
      });
    }
  }

  #judge(): void {
    if (this.#failure === undefined && !this.#isRefused) this.done(undefined, true);
    else if (this.#puts.length === 0) this.done(this.#failure, false);
    else this.#takeBack();
  }

  #takeBack(): void {
    this.#missing = this.#puts.length;
    for (const { key, context } of this.#puts) {
      const change: Change = { kind: 'delete', context };
      this.session.modify(this.db, key.slot, key.text, change, undefined, (_state, failure) => {
        this.#failure ??= failure;
        this.#arrived(() => this.done(this.#failure, false));
      });
    }
  }

  #arrived(next: () => void): void {
    this.#missing--;
    if (this.#missing === 0) next();
  }
}

/** What has seen the writes of that value, and nothing else of the object. */
function contextOf(object: ObjectBytes, value: Buffer): VersionVector {
  const written = decodeObject(object).siblings.filter((sibling) => !sibling.tombstone && sibling.value.equals(value));
  return new Map(written.map(({ dot }) => [dot.actor, dot.counter]));
}

/** MSETNX. */
export const msetnxCommands: readonly CommandRow[] = [
  {
    name: 'msetnx',
    arity: -3,
    flags: ['write', 'denyoom'],
    keys: { first: 1, last: -1, step: 2, flags: ['OW', 'insert'] },
    categories: ['@write', '@string', '@slow'],
    since: '1.0.1',
    group: 'string',
    complexity: 'O(N) where N is the number of keys to set.',
    summary:
      'Set multiple keys to multiple values, only if none of the keys exist; each is a put of its own, not one atomic step, and is taken back where another is there meanwhile',
    tips: ['request_policy:multi_shard', 'response_policy:agg_min'],
    arguments: [
      {
        name: 'key_value',
        type: 'block',
        flags: ['multiple'],
        arguments: [
          { name: 'key', type: 'key' },
          { name: 'value', type: 'string' },
        ],
      },
    ],
    run: msetnx,
  },
];
