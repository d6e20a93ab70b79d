/** Walks over all keys of the cluster, in steps; between two steps nothing is kept but the place where the next one begins. */
import type { Coordination } from '../coordinator/coordination.js';
import { Session } from '../coordinator/session.js';
import type { Failure } from '../failure.js';
import type { Partition } from '../ring/slots.js';
import { slotOf } from '../ring/slots.js';
import { type VoterClass, voterClasses } from './electorate.js';
import { isShown } from './is-shown.js';
import {
  DOUBTFUL_READS_MAX,
  FRUITLESS_MAX,
  LOOKED_A_KEY_MAX,
  LOOKED_MIN,
  PAGE_ROWS_MAX,
  PARTITIONS_A_STEP,
  QUESTION_PLACES_MAX,
  RANDOM_KEYS,
} from './limits.js';
import type { MergedKey, MergedPage } from './merge-pages.js';
import { FIRST_PLACE, HASH_MAX, type ScanPlace } from './place.js';
import type { ScanAnswers } from './scan-answers.js';
import { askWave } from './scan-wave.js';
import { WalkTurns } from './walk-turns.js';

/** What a step came to. `next` undefined: there are no further keys. */
export interface WalkStep {
  readonly keys: readonly string[];
  readonly next: ScanPlace | undefined;
}

const FRUITLESS: Failure = { code: 'Overloaded', reason: 'the nodes are still putting their keys in order' };

export class KeyspaceWalk {
  readonly #node: Coordination;
  readonly #answers: ScanAnswers;
  readonly #classes: readonly VoterClass[];
  readonly #session: Session;
  readonly #turns: WalkTurns;

  constructor(node: Coordination, answers: ScanAnswers) {
    this.#node = node;
    this.#answers = answers;
    this.#classes = voterClasses(node.keyspaces);
    this.#session = new Session(node);
    this.#turns = new WalkTurns(node.world.timers);
  }

  /**
   * About `count` keys of a database from a place on, binary strings, fewer or none where there is much between them that is
   * not there. A key that is there from the first step to the last is in one of them. Never rejects.
   */
  step(db: number, from: ScanPlace, count: number): Promise<WalkStep | Failure> {
    return this.#turns.take(count, () => this.#step(db, from, count));
  }

  async #step(db: number, from: ScanPlace, count: number): Promise<WalkStep | Failure> {
    const keys: string[] = [];
    const lookedMax = Math.max(LOOKED_MIN, count * LOOKED_A_KEY_MAX);
    let place: ScanPlace | undefined = from;
    let wave = this.#partitionsFor(db, count);
    let rows = Math.min(PAGE_ROWS_MAX, count);
    let looked = 0;
    let partitions = 0;
    let fruitless = 0;
    while (place !== undefined && keys.length < count && looked < lookedMax && partitions < PARTITIONS_A_STEP) {
      const wanted = count - keys.length;
      const taken: TakenWave | Failure = await this.#wave(db, this.#places(place, wave), rows, wanted);
      if ('code' in taken) return taken;
      fruitless = taken.isFruitless ? fruitless + 1 : 0;
      if (fruitless > FRUITLESS_MAX) return FRUITLESS;
      for (const key of taken.keys) keys.push(key);
      looked += taken.looked;
      partitions += taken.partitions;
      place = taken.next;
      // Much of what is there is not shown, or partitions are emptier than those of this node.
      wave = Math.min(QUESTION_PLACES_MAX, wave * 2);
      rows = Math.min(PAGE_ROWS_MAX, rows * 2);
    }
    return { keys, next: place };
  }

  /** A few keys that follow each other from a place that chance chose: all there are, if those are not more. Never rejects. */
  async someKeys(db: number): Promise<readonly string[] | Failure> {
    const { random } = this.#node.world;
    const partition = random.below(this.#node.routes.partitionCount) as Partition;
    const start = { partition, after: random.bytes(6).readUIntLE(0, 6) };
    const keys = new Set<string>();
    for (const from of [start, FIRST_PLACE]) {
      let place: ScanPlace | undefined = from;
      while (place !== undefined && keys.size < RANDOM_KEYS && (from === start || isBefore(place, start))) {
        const step: WalkStep | Failure = await this.step(db, place, RANDOM_KEYS - keys.size);
        if ('code' in step) return step;
        for (const key of step.keys) keys.add(key);
        place = step.next;
      }
    }
    return [...keys];
  }

  async #wave(db: number, places: readonly ScanPlace[], rows: number, wanted: number): Promise<TakenWave | Failure> {
    const outcomes = await askWave(this.#node, this.#answers, this.#classes, { db, rows, places });
    const taken = new TakenWave(this.#node.routes.partitionCount, places);
    for (const outcome of outcomes) {
      // What came before it is there all the same, and the next step will fail if it still has to.
      if ('code' in outcome) return taken.partitions > 0 ? taken : outcome;
      const sure = await this.#sure(db, outcome);
      if ('code' in sure) return sure;
      if (!taken.take(outcome, sure, wanted)) break;
    }
    return taken;
  }

  /** Those of a page's keys that are there; where replicas differ, as a read says. */
  async #sure(db: number, { keys }: MergedPage): Promise<{ readonly keys: readonly MergedKey[] } | Failure> {
    const doubtful = keys.filter(({ isCertain }) => !isCertain);
    if (doubtful.length === 0) return { keys };
    const absent = new Set<string>();
    for (let at = 0; at < doubtful.length; at += DOUBTFUL_READS_MAX) {
      const reads = doubtful.slice(at, at + DOUBTFUL_READS_MAX).map(async ({ key }) => {
        const isThere = await this.#isThere(db, key);
        if (isThere === false) absent.add(key);
        return isThere;
      });
      for (const isThere of await Promise.all(reads)) if (typeof isThere !== 'boolean') return isThere;
    }
    return { keys: keys.filter(({ key }) => !absent.has(key)) };
  }

  #isThere(db: number, key: string): Promise<boolean | Failure> {
    const { keyspaces, world } = this.#node;
    return new Promise((resolve) => {
      this.#session.get(db, slotOf(Buffer.from(key, 'latin1')), key, undefined, (_state, failure, object) => {
        if (failure !== undefined) resolve(failure);
        else resolve(object !== undefined && isShown(keyspaces, key, object, world.clock.nowMs()));
      });
    });
  }

  /** The place, and the beginnings of the partitions behind it. */
  #places(from: ScanPlace, count: number): ScanPlace[] {
    const places = [from];
    for (let next = from.partition + 1; next < this.#node.routes.partitionCount && places.length < count; next++) {
      places.push({ partition: next as Partition, after: 0 });
    }
    return places;
  }

  /** About how many partitions have so many keys, as this node's own tell. */
  #partitionsFor(db: number, count: number): number {
    const { keyspaces, replica, routes } = this.#node;
    const own = routes.own(keyspaces.ns[0] ?? 1);
    const keys = replica.counts.live(db, own);
    return Math.max(1, Math.min(QUESTION_PLACES_MAX, Math.floor((count * own.length) / Math.max(1, keys))));
  }
}

/** What of a wave is taken: whole partitions, and at last the part of one. */
class TakenWave {
  readonly keys: string[] = [];
  next: ScanPlace | undefined;
  looked = 0;
  partitions = 0;
  isFruitless = false;
  readonly #partitionCount: number;
  readonly #places: readonly ScanPlace[];

  constructor(partitionCount: number, places: readonly ScanPlace[]) {
    this.#partitionCount = partitionCount;
    this.#places = places;
    this.next = places[0];
  }

  /** The page of the next place, of whose keys `sure` are there. Answers whether a further one is to be taken. */
  take(page: MergedPage, sure: { readonly keys: readonly MergedKey[] }, wanted: number): boolean {
    const place = this.#places[this.partitions];
    if (place === undefined) return false;
    if (page.upTo === place.after) {
      this.isFruitless = this.partitions === 0;
      return false;
    }
    this.looked += page.looked;
    let upTo = page.upTo;
    for (const [index, { hash, key }] of sure.keys.entries()) {
      // Keys that share a hash are not told apart by a cursor.
      const previous = sure.keys[index - 1]?.hash;
      if (this.keys.length >= wanted && previous !== undefined && hash !== previous) {
        upTo = previous;
        break;
      }
      this.keys.push(key);
    }
    if (upTo < HASH_MAX) {
      this.next = { partition: place.partition, after: upTo };
      return false;
    }
    this.partitions++;
    const following = place.partition + 1;
    this.next = following < this.#partitionCount ? { partition: following as Partition, after: 0 } : undefined;
    return this.keys.length < wanted;
  }
}

function isBefore(a: ScanPlace, b: ScanPlace): boolean {
  return a.partition < b.partition || (a.partition === b.partition && a.after < b.after);
}
