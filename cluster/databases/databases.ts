/**
 * FLUSHDB, FLUSHALL and SWAPDB (README.md): what this node knows of the databases, and how all nodes come to know the same.
 */

import type { Counters } from '../coordinator/counters.js';
import { refusesDrift } from '../coordinator/drift.js';
import type { Failure } from '../failure.js';
import type { PeerSet } from '../peers.js';
import type { Store, StoreError } from '../ports/store.js';
import type { Timer } from '../ports/timers.js';
import type { World } from '../ports/world.js';
import type { Replica } from '../replica/replica.js';
import type { NodeId } from '../ring/ring.js';
import { COUNTERS_PER_MS, type HybridClock } from '../version/hybrid-clock.js';
import type { Peer } from '../wire/peer.js';
import { type AnswerQuery, QUERY_KIND } from '../wire/queries.js';
import {
  AT_ONCE,
  type DatabaseAnswer,
  decodeAnswer,
  decodeQuestion,
  encodeAnswer,
  encodeQuestion,
  type KeptDatabases,
  NOT_STORED,
  ONCE_STORED,
  TAKEN,
  TOO_FAR_AHEAD,
} from './database-message.js';
import { DatabaseRow } from './database-row.js';
import { type DatabaseState, flushed, highestStamp, joinStates, swapped, watermarkOf } from './database-state.js';
import { AHEAD_MS, AHEAD_SHARE_OF_DRIFT, RETRY_MS } from './limits.js';

export interface DatabasesParts {
  readonly world: World;
  readonly store: Store;
  readonly peers: PeerSet;
  readonly replica: Pick<Replica, 'flushUpTo'>;
  readonly hybridClock: HybridClock;
  readonly counters: Counters;
  readonly self: NodeId;
  readonly clockDriftMaxMs: number;
}

/** A database whose flush has left rows behind in the store of this node. */
export interface Unswept {
  readonly db: number;
  /** The watermark. */
  readonly upTo: number;
}

/** What came of telling a peer. `older`: it runs a version that knows nothing of this. */
type Told = DatabaseAnswer | 'unreachable' | 'refused' | 'older';

export class Databases {
  readonly #parts: DatabasesParts;
  readonly #row: DatabaseRow;
  readonly #aheadMs: number;
  #state: DatabaseState;
  /** The last that is on disk. */
  #stored: DatabaseState;
  #swept: readonly number[];
  /** What came from a peer whose clock, or this node's, was wrong. */
  #refused: DatabaseState | undefined;
  #retry: Timer | undefined;
  #flushedHere: () => void = () => undefined;
  #stopped = false;

  /** `kept`: what the store of this node holds. What it says of flushes holds from here on. */
  constructor(parts: DatabasesParts, kept: KeptDatabases) {
    this.#parts = parts;
    this.#aheadMs = Math.min(AHEAD_MS, parts.clockDriftMaxMs * AHEAD_SHARE_OF_DRIFT);
    this.#state = kept.state;
    this.#stored = kept.state;
    this.#swept = kept.swept;
    this.#row = new DatabaseRow(
      parts.store,
      () => ({ state: this.#state, swept: this.#swept }),
      (now) => this.#keptOnDisk(now.state),
    );
    this.#apply(kept.state);
  }

  /** HOT PATH. The stored database that clients mean by `number` now. */
  stored(number: number): number {
    return this.#state.order.stored[number] ?? number;
  }

  /** Up to which counter a stored database was flushed; 0: never. */
  flushedUpTo(db: number): number {
    return watermarkOf(this.#state, db);
  }

  /** `callback` is called when a flush is on disk here: its rows may be swept. */
  onFlushed(callback: () => void): void {
    this.#flushedHere = callback;
  }

  /** The databases that are yet to be swept here, as far as their flush is on disk. */
  unswept(): Unswept[] {
    return this.#stored.watermarks.flatMap((upTo, db) => (upTo > (this.#swept[db] ?? 0) ? [{ db, upTo }] : []));
  }

  /** Nothing that was written up to these watermarks is left in the store. */
  async sweptAll(databases: readonly Unswept[]): Promise<void> {
    this.#swept = this.#swept.map((before, db) => databases.find((each) => each.db === db)?.upTo ?? before);
    await this.#save();
  }

  /**
   * Empties these stored databases, on all nodes that can be reached; the others when they can be. Resolves with the watermark
   * once all of the former have it on disk. Takes no longer with more keys.
   */
  async flush(dbs: readonly number[]): Promise<Failure | number> {
    const refusal = await this.#hearAll();
    if (refusal !== undefined) return refusal;
    const { counters, hybridClock, world } = this.#parts;
    hybridClock.observe((Math.trunc(world.clock.nowMs()) + this.#aheadMs) * COUNTERS_PER_MS);
    const upTo = hybridClock.next();
    this.#adopt(flushed(this.#state, dbs, upTo));
    counters.flushes++;
    return (await this.#tellAll()) ?? upTo;
  }

  /**
   * From now on clients mean by the number `a` what they meant by `b`, and the other way round. Resolves, without a failure, as
   * `flush` does.
   */
  async swap(a: number, b: number): Promise<Failure | undefined> {
    const refusal = await this.#hearAll();
    if (refusal !== undefined) return refusal;
    const { counters, hybridClock, self } = this.#parts;
    this.#adopt(swapped(this.#state, a, b, hybridClock.next(), self));
    counters.database_swaps++;
    return this.#tellAll();
  }

  /**
   * To be called as the first thing when a link stands: what this node knows goes over it before anything else does, so that the
   * peer answers nothing from what has been flushed; and what the peer knows comes before any other answer of it.
   */
  greet(peer: Peer): void {
    this.#ask(peer, AT_ONCE, () => undefined);
  }

  /** Answers `QUERY_KIND.databases`. */
  readonly answer: AnswerQuery = (from, body, answer) => {
    const question = decodeQuestion(body);
    if (question === undefined) {
      answer(Buffer.alloc(0));
      return;
    }
    const verdict = this.#take(question.state, from) ? TAKEN : TOO_FAR_AHEAD;
    if (question.when === AT_ONCE || verdict !== TAKEN || this.#stored === this.#state) {
      answer(this.#answer(verdict));
    } else {
      void this.#save().then((error) => answer(this.#answer(error === undefined ? TAKEN : NOT_STORED)));
    }
  };

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#retry?.stop();
    await this.#row.idle();
  }

  #answer(verdict: number): Buffer {
    return encodeAnswer({ verdict, counter: this.#parts.hybridClock.last, state: this.#state });
  }

  /** Hears from all peers that can be reached what they know and how far their clocks are. Says why nothing can be begun. */
  async #hearAll(): Promise<Failure | undefined> {
    for (const [peer, told] of await this.#askAll(AT_ONCE)) {
      if (told === 'older') {
        const reason = `the node ${nameOf(peer)} runs an older version, which can not flush or swap databases`;
        return { code: 'Refused', reason };
      }
      // Whose clock is that far ahead has its writes refused by all others.
      if (typeof told === 'string' || refusesDrift(this.#watch(), told.counter, peer.id)) continue;
      this.#parts.hybridClock.observe(told.counter);
    }
    return undefined;
  }

  /** Has what this node knows on disk here and at all peers that can be reached. */
  async #tellAll(): Promise<Failure | undefined> {
    const [error, told] = await Promise.all([this.#save(), this.#askAll(ONCE_STORED)]);
    if (error !== undefined) return { code: 'StoreFailed', reason: error.message };
    for (const [peer, each] of told) {
      if (each === 'unreachable' || (typeof each !== 'string' && each.verdict === TAKEN)) continue;
      const reason = `${nameOf(peer)} has yet to take it: ${reasonOf(each)}`;
      return { code: 'OutcomeUnknown', reason };
    }
    return undefined;
  }

  #askAll(when: number): Promise<[Peer, Told][]> {
    const asked: Promise<[Peer, Told]>[] = [];
    for (const peer of this.#parts.peers.values()) {
      if (!peer.reachable()) continue;
      asked.push(new Promise((resolve) => this.#ask(peer, when, (told) => resolve([peer, told]))));
    }
    return Promise.all(asked);
  }

  /**
   * Tells the peer what this node knows, and takes what the peer does. Asks again for as long as the peer can be reached and has
   * not answered. Callbacks all the way: what the peer says holds before its next answer is looked at.
   */
  #ask(peer: Peer, when: number, done: (told: Told) => void): void {
    const unexpected = (): never => {
      throw new Error('a question was answered as a put or a get');
    };
    const question = Buffer.concat([Buffer.of(QUERY_KIND.databases), encodeQuestion({ when, state: this.#state })]);
    peer.query(
      {
        putReplied: unexpected,
        getReplied: unexpected,
        forwardReplied: (_peer, body) => {
          const answer = decodeAnswer(body);
          if (answer !== undefined) this.#take(answer.state, peer.id);
          done(answer ?? 'older');
        },
        failed: (_peer, reason) => {
          if (reason === 'timeout' && peer.reachable() && !this.#stopped) this.#ask(peer, when, done);
          else if (reason === 'refused') done((peer.version() ?? 0) > 1 ? 'refused' : 'older');
          else done('unreachable');
        },
      },
      question,
    );
  }

  /** Takes what a peer knows, and hands on what is new of it. False: a time in it is too far ahead; it is looked at again later. */
  #take(state: DatabaseState, source: string): boolean {
    const joined = joinStates(this.#state, state);
    if (joined === this.#state) return true;
    if (refusesDrift(this.#watch(), highestStamp(joined), source)) {
      this.#refused = this.#refused === undefined ? state : joinStates(this.#refused, state);
      this.#retryLater();
      return false;
    }
    this.#adopt(joined);
    void this.#save();
    // Who told it may not reach all whom this node reaches.
    for (const peer of this.#parts.peers.values()) {
      if (peer.id !== source && peer.reachable()) this.#ask(peer, AT_ONCE, () => undefined);
    }
    return true;
  }

  #adopt(state: DatabaseState): void {
    const before = this.#state;
    this.#state = state;
    this.#apply(state);
    const dbs = state.watermarks.flatMap((upTo, db) => (upTo > watermarkOf(before, db) ? [db] : []));
    if (state.order !== before.order) {
      this.#parts.world.log.info({ order: state.order.stored.join(' ') }, 'databases were swapped');
    }
    if (dbs.length > 0) this.#parts.world.log.info({ dbs: dbs.join(' ') }, 'databases were flushed');
  }

  /** In this order: a dot that is minted from here on is above what is flushed. */
  #apply(state: DatabaseState): void {
    const { hybridClock, replica } = this.#parts;
    hybridClock.observe(highestStamp(state));
    for (const [db, upTo] of state.watermarks.entries()) if (upTo > 0) replica.flushUpTo(db, upTo);
  }

  async #save(): Promise<StoreError | undefined> {
    const error = await this.#row.save();
    if (error !== undefined) {
      this.#parts.world.log.error({ reason: error.message }, 'what is known of the databases could not be stored');
      this.#retryLater();
    }
    return error;
  }

  #keptOnDisk(state: DatabaseState): void {
    const before = this.#stored;
    this.#stored = state;
    if (state.watermarks !== before.watermarks) this.#flushedHere();
  }

  #retryLater(): void {
    if (this.#retry !== undefined || this.#stopped) return;
    this.#retry = this.#parts.world.timers.after(RETRY_MS, () => {
      this.#retry = undefined;
      const refused = this.#refused;
      this.#refused = undefined;
      if (refused !== undefined) this.#take(refused, 'a flush that was refused');
      if (this.#stored !== this.#state) void this.#save();
    });
  }

  #watch(): Parameters<typeof refusesDrift>[0] {
    return this.#parts;
  }
}

function nameOf({ address }: Peer): string {
  return `${address.host}:${address.port}`;
}

function reasonOf(told: Exclude<Told, 'unreachable'>): string {
  if (typeof told === 'string') return told === 'older' ? 'it runs an older version' : 'it has too much to do';
  return told.verdict === TOO_FAR_AHEAD ? 'its clock is too far behind' : 'its store failed';
}
