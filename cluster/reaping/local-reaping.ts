/** What one replica says and does when objects are to be reaped; the same for the node that asks and those that are asked. */

import type { Counters } from '../coordinator/counters.js';
import type { Routes } from '../coordinator/routes.js';
import type { Keyspaces } from '../keyspaces/keyspaces.js';
import type { Clock } from '../ports/clock.js';
import type { Replica } from '../replica/replica.js';
import type { Partition } from '../ring/slots.js';
import { DB_COUNT } from '../storage/layout.js';
import { versionFingerprint } from '../version/encoded.js';
import { MalformedFields } from '../wire/byte-fields.js';
import type { AnswerQuery } from '../wire/queries.js';
import { isReapable } from './age.js';
import { type Candidate, decodeReapQuestion, type ReapQuestion, ROUND_DROP, ROUND_HELD } from './reap-question.js';

export class LocalReaping {
  readonly #clock: Clock;
  readonly #replica: Replica;
  readonly #counters: Counters;
  readonly #routes: Routes;
  readonly #keyspaces: Keyspaces;
  readonly #ageMs: number;

  /** `ageMs`: see `reapingAgeMs`. */
  constructor(clock: Clock, replica: Replica, routes: Routes, keyspaces: Keyspaces, counters: Counters, ageMs: number) {
    this.#clock = clock;
    this.#replica = replica;
    this.#routes = routes;
    this.#keyspaces = keyspaces;
    this.#counters = counters;
    this.#ageMs = ageMs;
  }

  /** For each candidate, whether this node holds exactly that version and finds it old enough by its own clock. */
  hold(partition: Partition, candidates: readonly Candidate[]): Promise<boolean[]> {
    if (!this.#mayReap(partition)) return Promise.resolve(candidates.map(() => false));
    return Promise.all(
      candidates.map(
        (candidate) =>
          new Promise<boolean>((resolve) => {
            this.#whenKnown(partition, candidate, (isHeld) => resolve(isHeld));
          }),
      ),
    );
  }

  /** Drops those candidates of which `hold` is true. For each, whether it has left memory and store. */
  drop(partition: Partition, candidates: readonly Candidate[]): Promise<boolean[]> {
    if (!this.#mayReap(partition)) return Promise.resolve(candidates.map(() => false));
    return Promise.all(
      candidates.map(
        (candidate) =>
          new Promise<boolean>((resolve) => {
            this.#whenKnown(partition, candidate, (isHeld) => {
              if (!isHeld || !this.#dropOne(partition, candidate, resolve)) resolve(false);
            });
          }),
      ),
    );
  }

  /** Answers `QUERY_KIND.reap`. */
  readonly answer: AnswerQuery = (_from, body, answer) => {
    const question = this.#read(body);
    if (question === undefined) {
      answer(Buffer.alloc(0));
      return;
    }
    const { round, partition, candidates } = question;
    const answered = round === ROUND_DROP ? this.drop(partition, candidates) : this.hold(partition, candidates);
    answered.then((yes) => answer(Buffer.from(yes.map(Number))));
  };

  /** The node that asks may not have heard yet that the partition moves. */
  #mayReap(partition: Partition): boolean {
    return this.#replica.serves(partition) && !this.#routes.inMotion(partition, this.#keyspaces.ns);
  }

  #dropOne(partition: Partition, { db, key, fingerprint }: Candidate, done: (left: boolean) => void): boolean {
    const dropped = this.#replica.drop(partition, db, key, fingerprint, {
      stored: (failure) => done(failure === undefined),
    });
    if (dropped) this.#counters.reaped_keys++;
    return dropped;
  }

  /** `take` hears, once, within the turn in which the key is known for certain. */
  #whenKnown(partition: Partition, candidate: Candidate, take: (isHeld: boolean) => void): void {
    const { db, key, fingerprint } = candidate;
    const look = (object: Buffer | null | undefined): void => {
      const isVersion = object != null && versionFingerprint(object) === fingerprint;
      take(isVersion && isReapable(object, this.#clock.nowMs(), this.#ageMs));
    };
    const known = this.#replica.peek(partition, db, key);
    if (known !== undefined) look(known);
    else this.#replica.load(partition, db, key, { loaded: (_failure, object) => look(object) });
  }

  #read(body: Buffer): ReapQuestion | undefined {
    try {
      const question = decodeReapQuestion(body);
      const { round, partition, candidates } = question;
      const isKnown = (round === ROUND_HELD || round === ROUND_DROP) && partition < this.#routes.partitionCount;
      return isKnown && candidates.every(({ db }) => db < DB_COUNT) ? question : undefined;
    } catch (error) {
      if (error instanceof MalformedFields) return undefined;
      throw error;
    }
  }
}
