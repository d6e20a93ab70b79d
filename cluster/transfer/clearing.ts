/**
 * Takes the rows of a place that is not this node's any more out of it, a whole partition at a time. A row goes when those
 * that are to have it have its version, or one that came after it; what they lack they are brought first.
 *
 * ```
 *   snapshot of the rows ──> the trees are compared with those of the primaries
 *      row in a leaf that is equal everywhere ─────────────────────────────────> dropped
 *      row in a leaf that differs ──> GET with its fingerprint ── they have it ──> dropped
 *                                                               ── they don't ──> handed over as an orphan is, then dropped
 * ```
 *
 * The snapshot is older than the comparison: what was equal then was the row of the snapshot, or else it is another by now
 * and is not dropped.
 */
import { compareTrees } from '../anti-entropy/comparison.js';
import { ExchangeFault } from '../anti-entropy/exchange-fault.js';
import type { LeafSet } from '../anti-entropy/leaf-page.js';
import { keyHash, leafOf } from '../anti-entropy/merkle-tree.js';
import { TreePeer } from '../anti-entropy/tree-peer.js';
import { Pause } from '../background/pause.js';
import { getFrom } from '../background/peer-calls.js';
import { Departures } from '../handoff/departures.js';
import { readHeld } from '../handoff/handoff-node.js';
import type { Hints } from '../handoff/hints.js';
import { type Orphan, OrphanHandOver } from '../handoff/orphan-hand-over.js';
import { joinBytes, sameObject, versionFingerprint } from '../version/encoded.js';
import type { Peer } from '../wire/peer.js';
import { DROP_ROWS } from './limits.js';
import type { Place } from './roles.js';
import type { TransferNode } from './transfer-node.js';

/** The leaves that differ from those of each primary; undefined: none do. */
type Differing = ReadonlyMap<Peer, LeafSet | undefined>;

export class Clearing {
  readonly #node: TransferNode;
  readonly #departures: Departures;
  readonly #handOver: OrphanHandOver;
  readonly #hints: Pick<Hints, 'isHinted'>;
  readonly #pause: Pause;
  #stopped = false;

  constructor(node: TransferNode, hints: Pick<Hints, 'isHinted'>, graceMs: number) {
    this.#node = node;
    this.#hints = hints;
    this.#departures = new Departures(node, (place) => hints.isHinted(place));
    this.#handOver = new OrphanHandOver(node, this.#departures, graceMs);
    this.#pause = new Pause(node.world.timers);
  }

  /** What is under way ends after its slice. */
  stop(): void {
    this.#stopped = true;
    this.#pause.stop();
    this.#departures.stop();
  }

  /** Drops what can be dropped now. Answers whether nothing is left. Rejects with `StoreError`. */
  async clear({ partition, n }: Place): Promise<boolean> {
    const { forest, governor, keyspaces, replica, routes } = this.#node;
    if (!forest.isBuilt(partition)) return false;
    if (forest.tree(n, partition).keys === 0) return true;
    let differing: Differing | undefined;
    await replica.scans.scanPartition(partition, async (rows) => {
      differing ??= await this.#compare({ partition, n });
      if (differing === undefined) return false;
      const mine = rows
        .map(({ db, key, record }): Orphan => ({ partition, db, key, record }))
        .filter((row) => keyspaces.of(row.key).n === n && !this.#hints.isHinted(row));
      for (let from = 0; from < mine.length; from += DROP_ROWS) {
        const some = mine.slice(from, from + DROP_ROWS);
        if (!(await governor.admit('transfer', some.length)) || this.#stopped) return false;
        const { isOwn, inMotion } = routes.placement(partition, n);
        if (isOwn || inMotion) return false;
        const compared = differing;
        await Promise.all(some.map((row) => this.#release(row, compared)));
      }
      return true;
    });
    return forest.tree(n, partition).keys === 0;
  }

  /** Undefined: not now. */
  async #compare(place: Place): Promise<Differing | undefined> {
    const { forest, routes } = this.#node;
    const { targets, n, isOwn, inMotion } = routes.placement(place.partition, place.n);
    if (isOwn || inMotion) return undefined;
    const reachable = targets.slice(0, n).flatMap(({ peer }) => (peer?.reachable() === true ? [peer] : []));
    try {
      const compared = await Promise.all(
        reachable.map((peer) =>
          compareTrees(forest, new TreePeer(this.#node, peer, this.#pause), this.#pause, [place]),
        ),
      );
      if (compared.some(({ trees }) => trees.length === 0)) return undefined;
      return new Map(reachable.map((peer, i) => [peer, compared[i]?.differing[0]?.leaves]));
    } catch (error) {
      if (!(error instanceof ExchangeFault)) throw error;
      return undefined;
    }
  }

  async #release(orphan: Orphan, differing: Differing): Promise<void> {
    const { keyspaces, routes, replica, counters } = this.#node;
    const { partition, db, key, record } = orphan;
    const keyspace = keyspaces.of(key);
    const { n } = routes.placement(partition, keyspace.n);
    const fingerprint = versionFingerprint(record);
    const leaf = leafOf(keyHash(db, key));
    const asked = [...differing].flatMap(([peer, leaves]) => (leaves?.has(leaf) === true ? [peer] : []));
    const have = await Promise.all(asked.map((peer) => has(peer, orphan, fingerprint)));
    if (differing.size < Math.min(keyspace.w, n)) return;
    if (!have.every((isHeld) => isHeld)) {
      await this.#handOver.handOver(orphan);
      return;
    }
    // Only what is in memory can leave.
    if ((await readHeld(replica, orphan)) === null) return;
    counters.transfer_keys_dropped++;
    this.#departures.leave(orphan, fingerprint);
  }
}

/** Whether the peer holds this version of the key, or one that came after it. */
async function has(peer: Peer, { partition, db, key, record }: Orphan, fingerprint: number): Promise<boolean> {
  const held = await getFrom(peer, partition, db, key, fingerprint);
  if (held === 'same') return true;
  return Buffer.isBuffer(held) && sameObject(joinBytes(held, record), held);
}
