/**
 * A node that started over: what becomes of the rows that it has set aside (README.md). Until that is settled for a
 * partition, the node's copy of it takes writes and is not read.
 */
import type { Governor } from '../background/governor.js';
import { ask } from '../background/peer-calls.js';
import { pullPartition } from '../background/pull.js';
import type { BackgroundTask } from '../background/task.js';
import type { Routes } from '../coordinator/routes.js';
import type { Failure } from '../failure.js';
import type { Keyspaces } from '../keyspaces/keyspaces.js';
import { type Store, StoreError } from '../ports/store.js';
import type { World } from '../ports/world.js';
import { readRow } from '../replica/partition-scan.js';
import { LOG, type Replica, STORED } from '../replica/replica.js';
import type { Partition } from '../ring/slots.js';
import type { Identity } from '../storage/identity.js';
import { partitionRange, STORAGE_KIND, storedKey } from '../storage/layout.js';
import { writeRows } from '../storage/store-calls.js';
import { objectLength } from '../version/encoded.js';
import type { Peer } from '../wire/peer.js';
import { QUERY_KIND } from '../wire/queries.js';
import { ASIDE_ROWS, SETTLE_PERIOD_MS, WAITING_LOG_PERIOD_MS } from './limits.js';
import { judge, type NodeState, readNodeState } from './node-state.js';
import { Pause } from './pause.js';
import { ServingTimes } from './serving-times.js';
import { partitionsAside } from './set-aside.js';

export interface SettlingParts {
  readonly world: Pick<World, 'clock' | 'timers' | 'log'>;
  readonly store: Store;
  readonly identity: Identity;
  readonly replica: Replica;
  readonly routes: Routes;
  readonly keyspaces: Keyspaces;
  readonly governor: Governor;
}

/** What other nodes have answered in one round; those that did not are missing. */
type Answers = ReadonlyMap<Peer, Buffer>;

export class Settling implements BackgroundTask {
  readonly #parts: SettlingParts;
  readonly #graceMs: number;
  readonly #pause: Pause;
  readonly #times: ServingTimes;
  readonly #open = new Set<Partition>();
  readonly #totals = { fetched: 0, mergedBack: 0, thrownAway: 0 };
  #running: Promise<void> = Promise.resolve();
  #loggedUs: number | undefined;

  constructor(parts: SettlingParts, graceMs: number) {
    this.#parts = parts;
    this.#graceMs = graceMs;
    this.#pause = new Pause(parts.world.timers);
    this.#times = new ServingTimes(parts.store, parts.identity);
  }

  /** Finds out what is to be settled. To be awaited before anyone reads the replica. Rejects with `StoreError`. */
  async prepare(): Promise<void> {
    const { identity, replica, routes, store } = this.#parts;
    await this.#times.load(routes.partitionCount);
    if (identity.aside === undefined) return;
    for (const partition of await partitionsAside(store, routes.partitionCount)) {
      this.#open.add(partition);
      replica.setServes(partition, false);
    }
  }

  start(): void {
    if (this.#parts.identity.aside !== undefined) this.#running = this.#run();
  }

  stop(): Promise<void> {
    this.#pause.end();
    return this.#running;
  }

  /** Partitions of which this node may not be read yet. */
  get unsettled(): number {
    return this.#open.size;
  }

  /** What this node tells of itself. */
  readonly stateOf = (partition: Partition): NodeState => {
    const { aside, bornMs, gap } = this.#parts.identity;
    if (!this.#open.has(partition)) {
      return { bornMs, awayFromMs: gap.fromMs, servesSinceMs: this.#times.since(partition) };
    }
    // What it set aside tells of the time before that, however often it has been away since. So of nodes that wait, each
    // waits only for those that went later, and never two for each other.
    return { bornMs, awayFromMs: Math.min(gap.fromMs, aside?.sinceMs ?? gap.fromMs), servesSinceMs: undefined };
  };

  async #run(): Promise<void> {
    const { identity, world } = this.#parts;
    while (!this.#pause.ended) {
      try {
        if (this.#open.size > 0) await this.#round();
        if (this.#open.size === 0) {
          await identity.asideGone();
          world.log.info(this.#totals, 'nothing is set aside any more; this node serves all its partitions');
          return;
        }
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        world.log.error({ reason: error.message }, 'what was set aside could not be settled');
      }
      await this.#pause.sleep(SETTLE_PERIOD_MS);
    }
  }

  /** Settles what can be. Rejects with `StoreError`. */
  async #round(): Promise<void> {
    const answers = await this.#askAll();
    for (const partition of [...this.#open]) {
      if (this.#pause.ended) return;
      let settled = true;
      for (const n of this.#parts.keyspaces.ns) {
        if (!(await this.#settleClass(partition, n, answers))) settled = false;
      }
      if (settled && !this.#pause.ended) await this.#settled(partition);
    }
    if (this.#open.size > 0) this.#logWaiting(answers);
  }

  async #askAll(): Promise<Answers> {
    const { keyspaces, routes } = this.#parts;
    const peers = new Set<Peer>();
    for (const partition of this.#open) {
      for (const n of keyspaces.ns) {
        for (const { peer } of routes.placement(partition, n).targets) if (peer?.reachable()) peers.add(peer);
      }
    }
    const answers = new Map<Peer, Buffer>();
    await Promise.all(
      [...peers].map(async (peer) => {
        const answer = await ask(peer, QUERY_KIND.nodeState, Buffer.alloc(0));
        if (typeof answer !== 'string') answers.set(peer, answer);
      }),
    );
    return answers;
  }

  /** The keys of the partition whose keyspace has N = `n`: they share their primaries. Answers whether that is done. */
  async #settleClass(partition: Partition, n: number, answers: Answers): Promise<boolean> {
    const { identity, routes, world } = this.#parts;
    const placement = routes.placement(partition, n);
    const primaries = placement.targets.slice(0, placement.n);
    const peers = primaries.flatMap(({ peer }) => (peer === undefined ? [] : [peer]));
    const states = peers.map((peer) => readNodeState(answers.get(peer) ?? Buffer.alloc(0), partition));
    const sinceMs = identity.aside?.sinceMs ?? 0;
    const verdict = judge(states, sinceMs, world.clock.nowMs(), this.#graceMs);
    if (verdict === 'wait') return false;
    if (verdict === 'merge back')
      return this.#empty(partition, n, (db, key, object) => this.#merge(partition, db, key, object));
    const source = peers[verdict];
    if (source === undefined || (placement.isOwn && !(await this.#fetch(source, partition, n)))) return false;
    return this.#empty(partition, n, undefined);
  }

  /** Takes what the source holds of these keys into the own copy. */
  #fetch(source: Peer, partition: Partition, n: number): Promise<boolean> {
    const { governor, keyspaces } = this.#parts;
    return pullPartition(source, partition, async (rows) => {
      if (!(await governor.admit('transfer', rows.length)) || this.#pause.ended) return false;
      const wanted = rows.filter(({ key }) => keyspaces.of(key).n === n);
      const merged = await Promise.all(wanted.map(({ db, key, object }) => this.#merge(partition, db, key, object)));
      this.#totals.fetched += wanted.length;
      return merged.every((isStored) => isStored);
    });
  }

  /** Takes the rows out of the store, each after `keep` has had it. Rejects with `StoreError`. */
  async #empty(
    partition: Partition,
    n: number,
    keep: ((db: number, key: string, object: Buffer) => Promise<boolean>) | undefined,
  ): Promise<boolean> {
    const { governor, keyspaces, store, world } = this.#parts;
    const { from, to } = partitionRange(STORAGE_KIND.aside, partition);
    const scan = store.scan(from, to);
    try {
      for (;;) {
        const rows = await scan.next(ASIDE_ROWS);
        if (!(await governor.admit('transfer', rows.length)) || this.#pause.ended) return false;
        const mine = rows.filter(({ key }) => keyspaces.of(storedKey(key)).n === n);
        if (keep !== undefined) {
          const kept = await Promise.all(
            mine.map((row) => {
              const read = readRow(row, world.log);
              return read === undefined || keep(read.db, read.key, read.record.subarray(0, objectLength(read.record)));
            }),
          );
          if (!kept.every((isStored) => isStored)) return false;
        }
        await writeRows(
          store,
          mine.map(({ key }) => ({ key, value: undefined })),
          false,
        );
        this.#totals[keep === undefined ? 'thrownAway' : 'mergedBack'] += mine.length;
        if (rows.length < ASIDE_ROWS) return true;
      }
    } finally {
      await scan.close();
    }
  }

  #merge(partition: Partition, db: number, key: string, object: Buffer): Promise<boolean> {
    return new Promise((resolve) => {
      const waiter = { stored: (failure: Failure | undefined) => resolve(failure === undefined) };
      if (this.#parts.replica.merge(partition, db, key, object, LOG, waiter) === STORED) resolve(true);
    });
  }

  async #settled(partition: Partition): Promise<void> {
    const { replica, world } = this.#parts;
    await this.#times.settled(partition, world.clock.nowMs());
    this.#open.delete(partition);
    replica.setServes(partition, true);
  }

  #logWaiting(answers: Answers): void {
    const { log, clock } = this.#parts.world;
    const nowUs = clock.monotonicUs();
    if (this.#loggedUs !== undefined && nowUs - this.#loggedUs < WAITING_LOG_PERIOD_MS * 1000) return;
    this.#loggedUs = nowUs;
    const fields = { partitions: this.#open.size, answered: answers.size };
    log.warn(fields, 'partitions are not served yet: too few nodes tell what was deleted while this one was away');
  }
}
