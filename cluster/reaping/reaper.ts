/**
 * Forgets what was deleted or has expired, once it is older than the grace and all primaries hold it (README.md). Walks,
 * slowly, through the partitions of which this node is the first primary.
 */
import type { Governor } from '../background/governor.js';
import { ask } from '../background/peer-calls.js';
import type { BackgroundTask } from '../background/task.js';
import type { Routes } from '../coordinator/routes.js';
import type { Keyspaces } from '../keyspaces/keyspaces.js';
import { StoreError } from '../ports/store.js';
import type { World } from '../ports/world.js';
import type { Replica } from '../replica/replica.js';
import type { Partition } from '../ring/slots.js';
import { versionFingerprint } from '../version/encoded.js';
import type { Peer } from '../wire/peer.js';
import { QUERY_KIND } from '../wire/queries.js';
import { fateOf, isReapable } from './age.js';
import { partOfGrace, SCAN_PERIOD_MAX_MS, SCAN_PERIOD_MIN_MS, SCANS_A_GRACE } from './limits.js';
import type { LocalReaping } from './local-reaping.js';
import { Pause } from './pause.js';
import { type Candidate, cutToQuestions, encodeReapQuestion, ROUND_DROP, ROUND_HELD } from './reap-question.js';

export interface ReaperParts {
  readonly world: Pick<World, 'clock' | 'timers' | 'random' | 'log'>;
  readonly replica: Replica;
  readonly routes: Routes;
  readonly keyspaces: Keyspaces;
  readonly governor: Governor;
  readonly local: LocalReaping;
}

/** What waits to be forgotten, for INFO. */
export interface ReapingStats {
  /** Keys of which nothing but tombstones is left, in the partitions that are this node's. Of this moment. */
  readonly tombstonesPending: number;
  /** Keys that the last scan found expired, in the partitions of which this node is the first primary. */
  readonly expiredPending: number;
  /** When the last scan ended, ms since 1970; 0: none has. */
  readonly lastScanMs: number;
}

/** A key that is to be reaped, with the N of its keyspace. */
interface Dead extends Candidate {
  readonly n: number;
}

export class Reaper implements BackgroundTask {
  readonly #parts: ReaperParts;
  readonly #ageMs: number;
  readonly #periodMs: number;
  readonly #pause: Pause;
  #running: Promise<void> = Promise.resolve();
  #expired = 0;
  #expiredPending = 0;
  #lastScanMs = 0;

  /** `ageMs`: see `reapingAgeMs`. */
  constructor(parts: ReaperParts, graceMs: number, ageMs: number) {
    this.#parts = parts;
    this.#ageMs = ageMs;
    this.#periodMs = partOfGrace(graceMs, SCANS_A_GRACE, SCAN_PERIOD_MIN_MS, SCAN_PERIOD_MAX_MS);
    this.#pause = new Pause(parts.world.timers);
  }

  start(): void {
    this.#running = this.#run();
  }

  stop(): Promise<void> {
    this.#pause.end();
    return this.#running;
  }

  stats(): ReapingStats {
    const { keyspaces, replica, routes } = this.#parts;
    const owned = new Set(keyspaces.ns.flatMap((n) => routes.own(n)));
    return {
      tombstonesPending: replica.counts.dead([...owned]),
      expiredPending: this.#expiredPending,
      lastScanMs: this.#lastScanMs,
    };
  }

  /** One scan. Rejects with `StoreError`. */
  async scan(): Promise<void> {
    const { keyspaces, replica, routes, world } = this.#parts;
    const [leastN = 1] = keyspaces.ns;
    this.#expired = 0;
    for (const partition of routes.own(leastN)) {
      if (this.#pause.ended) return;
      if (!replica.serves(partition) || !this.#isFirstPrimary(partition)) continue;
      await replica.scans.scanPartition(partition, (rows) => this.#take(partition, rows));
    }
    if (this.#pause.ended) return;
    this.#expiredPending = this.#expired;
    this.#lastScanMs = world.clock.nowMs();
  }

  async #run(): Promise<void> {
    const { random, log } = this.#parts.world;
    // The nodes of a cluster are often started together.
    await this.#pause.sleep(1 + random.below(this.#periodMs));
    while (!this.#pause.ended) {
      try {
        await this.scan();
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        log.error({ reason: error.message }, 'the reaper could not read the store');
      }
      await this.#pause.sleep(this.#periodMs);
    }
  }

  async #take(partition: Partition, rows: readonly { db: number; key: string; record: Buffer }[]): Promise<boolean> {
    const { governor, keyspaces, world } = this.#parts;
    if (!(await governor.admit('reaping', rows.length)) || this.#pause.ended) return false;
    const nowMs = world.clock.nowMs();
    const dead: Dead[] = [];
    for (const { db, key, record } of rows) {
      const fate = fateOf(record, nowMs);
      if (fate === 'expired') this.#expired++;
      if (fate === 'live' || !isReapable(record, nowMs, this.#ageMs)) continue;
      dead.push({ db, key, fingerprint: versionFingerprint(record), n: keyspaces.of(key).n });
    }
    for (const n of new Set(dead.map((each) => each.n))) {
      for (const candidates of cutToQuestions(dead.filter((each) => each.n === n))) {
        if (!(await governor.admit('reaping', candidates.length)) || this.#pause.ended) return false;
        await this.#reap(partition, n, candidates);
      }
    }
    return true;
  }

  /** Two rounds. The own copy goes last: while it is here the next scan finds what was left elsewhere. */
  async #reap(partition: Partition, n: number, candidates: readonly Candidate[]): Promise<void> {
    const { local, routes } = this.#parts;
    if (!this.#isFirstPrimary(partition)) return;
    const placement = routes.placement(partition, n);
    const primaries = placement.targets.slice(0, placement.n);
    const others = primaries.flatMap(({ peer }) => (peer === undefined ? [] : [peer]));
    if (!others.every((peer) => peer.reachable())) return;
    const held = await this.#agreed(ROUND_HELD, partition, others, candidates, await local.hold(partition, candidates));
    if (held.length === 0) return;
    const yes = held.map(() => true);
    const dropped = await this.#agreed(ROUND_DROP, partition, others, held, yes);
    await local.drop(partition, dropped);
  }

  /** The candidates to which this node (`own`) and all the others say yes. */
  async #agreed(
    round: number,
    partition: Partition,
    others: readonly Peer[],
    candidates: readonly Candidate[],
    own: readonly boolean[],
  ): Promise<Candidate[]> {
    const asked = candidates.filter((_, at) => own[at] === true);
    if (asked.length === 0) return [];
    const body = encodeReapQuestion({ round, partition, candidates: asked });
    const answers = await Promise.all(others.map((peer) => ask(peer, QUERY_KIND.reap, body)));
    return asked.filter((_, at) => answers.every((answer) => typeof answer !== 'string' && answer[at] === 1));
  }

  /** While a partition moves nobody is: who is yet to hold it may be given an older value than what is forgotten. */
  #isFirstPrimary(partition: Partition): boolean {
    const { keyspaces, routes } = this.#parts;
    if (routes.inMotion(partition, keyspaces.ns)) return false;
    return keyspaces.ns.every((n) => routes.placement(partition, n).ownPlace === 0);
  }
}
