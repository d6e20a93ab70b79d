/**
 * Copies that this node holds for nobody it knows of: it is no primary of the key and there is no hint. They are left where a
 * hint was dropped, or where the node died between an object and its hint. Slowly, one partition at a time, they are handed
 * to the key's primaries; where as many have one as a write needs, the copy leaves.
 *
 * A copy that is older than tombstones are remembered may be of a key that was deleted meanwhile and forgotten: where no
 * primary remembers the time that it comes from, it leaves without being handed on.
 */

import { Pause } from '../background/pause.js';
import { getFrom, putTo } from '../background/peer-calls.js';
import type { BackgroundTask } from '../background/task.js';
import type { Target } from '../coordinator/routes.js';
import { StoreError } from '../ports/store.js';
import type { Partition } from '../ring/slots.js';
import { decodeObject } from '../version/codec.js';
import { highestCounter, versionFingerprint } from '../version/encoded.js';
import { COUNTERS_PER_MS } from '../version/hybrid-clock.js';
import { hasSeen } from '../version/object.js';
import type { Peer } from '../wire/peer.js';
import { Departures } from './departures.js';
import { type HandoffNode, handoffDurability, type KeyPlace, ownsKey } from './handoff-node.js';
import type { Hints } from './hints.js';
import { SWEEP_BYTES_MAX, SWEEP_ORPHANS, SWEEP_PAUSE_A_ROW_MS, SWEEP_PAUSE_MS } from './limits.js';

interface Orphan extends KeyPlace {
  readonly record: Buffer;
}

export class OrphanSweep implements BackgroundTask {
  readonly #node: HandoffNode;
  readonly #hints: Hints;
  readonly #graceMs: number;
  readonly #departures: Departures;
  readonly #pause: Pause;
  #next = 0;
  #loop: Promise<void> | undefined;
  #stopped = false;

  /** `graceMs`: how long tombstones are remembered. */
  constructor(node: HandoffNode, hints: Hints, graceMs: number) {
    this.#graceMs = graceMs;
    this.#node = node;
    this.#hints = hints;
    this.#departures = new Departures(node, (place) => hints.isHinted(place));
    this.#pause = new Pause(node.world.timers);
  }

  start(): void {
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#pause.stop();
    this.#departures.stop();
    await this.#loop;
  }

  async #run(): Promise<void> {
    let pauseMs = SWEEP_PAUSE_MS;
    while (await this.#pause.sleep(pauseMs)) {
      pauseMs = SWEEP_PAUSE_MS;
      // What is hinted is not known yet; and a node that has just started has better things to read.
      if (!this.#hints.loaded || !this.#node.replica.warm) continue;
      const partition = this.#nextForeign();
      if (partition === undefined) continue;
      try {
        const rows = await this.#sweep(partition);
        // While a node is down for long there are many copies with hints, and they are read in vain.
        pauseMs += rows * SWEEP_PAUSE_A_ROW_MS;
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        this.#node.world.log.error({ partition, reason: error.message }, 'a partition could not be swept for orphans');
      }
    }
  }

  /** The next partition of which not every key is this node's own; undefined: there is none. */
  #nextForeign(): Partition | undefined {
    const { routes, keyspaces } = this.#node;
    for (let looked = 0; looked < routes.partitionCount; looked++) {
      const partition = this.#next as Partition;
      this.#next = (this.#next + 1) % routes.partitionCount;
      if (keyspaces.ns.some((n) => !routes.placement(partition, n).isOwn)) return partition;
    }
    return undefined;
  }

  /** Answers how many rows it has looked at. */
  async #sweep(partition: Partition): Promise<number> {
    const { governor, replica } = this.#node;
    let looked = 0;
    await replica.scanPartition(partition, async (rows) => {
      looked += rows.length;
      if (!(await governor.admit('hints', rows.length))) return false;
      const orphans = rows
        .map(({ db, key, record }) => ({ partition, db, key, record }))
        .filter((row) => !ownsKey(this.#node, partition, row.key) && !this.#hints.isHinted(row));
      for (let from = 0; from < orphans.length; ) {
        const to = sliceEnd(orphans, from);
        if (!(await governor.admit('hints', to - from)) || this.#stopped) return false;
        await Promise.all(orphans.slice(from, to).map((orphan) => this.#handOver(orphan)));
        from = to;
      }
      return !this.#stopped;
    });
    return looked;
  }

  async #handOver(orphan: Orphan): Promise<void> {
    const { routes, keyspaces, counters } = this.#node;
    const { partition, db, key, record } = orphan;
    const keyspace = keyspaces.of(key);
    const { targets, n, written } = routes.placement(partition, keyspace.n);
    const primaries = reachablePeers(targets.slice(0, n));
    const beside = reachablePeers(targets.slice(n, written));
    // As a put does while the partition moves.
    const needed = Math.min(keyspace.w, n) + beside.length;
    if (primaries.length + beside.length < needed) return;
    if (this.#isOld(record)) {
      const known = await this.#isKnown(orphan, primaries);
      if (known === 'perhaps' || (known === 'no' && primaries.length < n)) return;
      if (known === 'no') {
        counters.orphans_forgotten++;
        this.#departures.leave(orphan, versionFingerprint(record));
        return;
      }
    }
    const durability = handoffDurability(this.#node, key);
    const stored = await Promise.all(
      [...primaries, ...beside].map((peer) => putTo(peer, partition, db, key, record, durability)),
    );
    if (stored.filter((isStored) => isStored).length < needed) return;
    counters.orphans_handed_over++;
    this.#departures.leave(orphan, versionFingerprint(record));
  }

  #isOld(record: Buffer): boolean {
    return this.#node.world.clock.nowMs() - highestCounter(record) / COUNTERS_PER_MS > this.#graceMs;
  }

  /** Whether the key has not been forgotten since the orphan was written. */
  async #isKnown({ partition, db, key, record }: Orphan, peers: readonly Peer[]): Promise<'yes' | 'no' | 'perhaps'> {
    const fingerprint = versionFingerprint(record);
    const copies = await Promise.all(peers.map((peer) => getFrom(peer, partition, db, key, fingerprint)));
    if (copies.some((copy) => copy === 'same' || (typeof copy === 'object' && remembers(copy, record)))) return 'yes';
    return copies.every((copy) => copy === 'nothing' || typeof copy === 'object') ? 'no' : 'perhaps';
  }
}

/**
 * Whether what a primary holds has been there since `orphan` was written: it has seen it, or its clock goes back as far. What
 * was written after the key was forgotten has a clock that begins then.
 */
function remembers(held: Buffer, orphan: Buffer): boolean {
  const { clock } = decodeObject(held);
  const { siblings } = decodeObject(orphan);
  return siblings.every(({ dot }) => hasSeen(clock, dot)) || Math.min(...clock.values()) <= highestCounter(orphan);
}

function reachablePeers(targets: readonly Target[]): Peer[] {
  return targets.flatMap(({ peer }) => (peer?.reachable() === true ? [peer] : []));
}

function sliceEnd(orphans: readonly Orphan[], from: number): number {
  let to = from;
  let bytes = 0;
  while (to < orphans.length && to - from < SWEEP_ORPHANS && bytes < SWEEP_BYTES_MAX) {
    bytes += orphans[to]?.record.length ?? 0;
    to++;
  }
  return to;
}
