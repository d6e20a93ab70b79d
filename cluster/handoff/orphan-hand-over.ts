/**
 * Brings a copy that is not at its place to the key's primaries; where as many have it as a write needs, it leaves.
 *
 * A copy that is older than tombstones are remembered may be of a key that was deleted meanwhile and forgotten: where no
 * primary remembers the time that it comes from, it leaves without being handed on. So it does where a primary still has the
 * deletion: by the time the copy arrives there, that may be forgotten.
 */
import { getFrom, putTo } from '../background/peer-calls.js';
import type { Target } from '../coordinator/routes.js';
import { decodeObject } from '../version/codec.js';
import { highestCounter, newestLiveSibling, versionFingerprint } from '../version/encoded.js';
import { COUNTERS_PER_MS } from '../version/hybrid-clock.js';
import { hasSeen } from '../version/object.js';
import type { Peer } from '../wire/peer.js';
import type { Departures } from './departures.js';
import { type HandoffNode, handoffDurability, type KeyPlace } from './handoff-node.js';

export interface Orphan extends KeyPlace {
  /** The object; the note may follow. */
  readonly record: Buffer;
}

export class OrphanHandOver {
  readonly #node: HandoffNode;
  readonly #departures: Departures;
  readonly #graceMs: number;

  /** `graceMs`: how long tombstones are remembered. */
  constructor(node: HandoffNode, departures: Departures, graceMs: number) {
    this.#node = node;
    this.#departures = departures;
    this.#graceMs = graceMs;
  }

  /** Never rejects. What can't be handed over now stays, for a later call. */
  async handOver(orphan: Orphan): Promise<void> {
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
      if (known === 'no' || known === 'deleted') {
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

  /** Whether the key has not been forgotten since the orphan was written. `deleted`: nor has a deletion that has seen the orphan. */
  async #isKnown(
    { partition, db, key, record }: Orphan,
    peers: readonly Peer[],
  ): Promise<'yes' | 'no' | 'perhaps' | 'deleted'> {
    const fingerprint = versionFingerprint(record);
    const copies = await Promise.all(peers.map((peer) => getFrom(peer, partition, db, key, fingerprint)));
    const nowMs = this.#node.world.clock.nowMs();
    if (
      copies.some((copy) => typeof copy === 'object' && newestLiveSibling(copy, nowMs) < 0 && supersedes(copy, record))
    ) {
      return 'deleted';
    }
    if (copies.some((copy) => copy === 'same' || (typeof copy === 'object' && remembers(copy, record)))) return 'yes';
    return copies.every((copy) => copy === 'nothing' || typeof copy === 'object') ? 'no' : 'perhaps';
  }
}

/**
 * Whether what a primary holds has been there since `orphan` was written: it has seen it, or its clock goes back as far. What
 * was written after the key was forgotten has a clock that begins then.
 */
function remembers(held: Buffer, orphan: Buffer): boolean {
  return supersedes(held, orphan) || Math.min(...decodeObject(held).clock.values()) <= highestCounter(orphan);
}

/** Whether what is held has seen all that there is in `orphan`. */
function supersedes(held: Buffer, orphan: Buffer): boolean {
  const { clock } = decodeObject(held);
  return decodeObject(orphan).siblings.every(({ dot }) => hasSeen(clock, dot));
}

function reachablePeers(targets: readonly Target[]): Peer[] {
  return targets.flatMap(({ peer }) => (peer?.reachable() === true ? [peer] : []));
}
