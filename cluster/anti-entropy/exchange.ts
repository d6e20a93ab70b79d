/**
 * One exchange of this node with one peer: compares the trees of all partitions that both are written, and repairs the
 * keys that differ. Only what differs is sent.
 */
import type { Pause } from '../background/pause.js';
import { type Placement, roleAt } from '../coordinator/placement.js';
import { StoreError } from '../ports/store.js';
import type { NodeId } from '../ring/ring.js';
import type { Partition } from '../ring/slots.js';
import type { Peer } from '../wire/peer.js';
import { compareTrees, type SharedTree } from './comparison.js';
import { ExchangeFault, type ExchangeFaultReason } from './exchange-fault.js';
import type { ExchangeNode } from './exchange-node.js';
import { pageUnits } from './leaf-keys.js';
import { compareMarks, type KeyMark, type LeafKeys, type LeafPage, readLeafPage } from './leaf-page.js';
import { RECENT_MS, REPAIR_BYTES, REPAIR_KEYS } from './limits.js';
import { type Difference, differences, type Repaired, repair } from './repair.js';
import { TreePeer } from './tree-peer.js';

/** How many keys an exchange has repaired. */
export interface RepairTotals {
  pushed: number;
  pulled: number;
  /** Keys that could not be repaired; the next exchange tries again. */
  failed: number;
}

export interface ExchangeReport {
  readonly peer: NodeId;
  /** When it ended, ms since 1970. */
  readonly atMs: number;
  /** By partition; those that could not be compared are not in it. */
  readonly partitions: ReadonlyMap<Partition, RepairTotals>;
  /** The trees that could be compared. */
  readonly trees: readonly SharedTree[];
  /** Undefined: it came to its end. */
  readonly fault: ExchangeFaultReason | 'store' | undefined;
}

/**
 * The trees that this node and `peer` have in common: of each N with which both hold the partition and are sent its puts. Who
 * is yet to receive it is left to the transfer, which compares at its end: key by key the same rows would come again.
 */
export function sharedTrees({ routes, forest }: ExchangeNode, peer: NodeId, only?: Partition): SharedTree[] {
  const shared: SharedTree[] = [];
  for (const n of forest.ns) {
    for (const partition of routes.own(n)) {
      if ((only !== undefined && partition !== only) || !forest.isBuilt(partition)) continue;
      const placement = routes.placement(partition, n);
      if (isCompared(placement, placement.ownPlace) && comparedNodes(placement).includes(peer)) {
        shared.push({ n, partition });
      }
    }
  }
  return shared.sort((a, b) => a.partition - b.partition || a.n - b.n);
}

function isCompared(placement: Placement, place: number): boolean {
  const role = place < 0 ? 'fallback' : roleAt(placement, place);
  return role === 'primary' || role === 'retiring';
}

/** Those that hold the partition and are sent its puts. */
function comparedNodes(placement: Placement): NodeId[] {
  const { targets, written } = placement;
  return targets.slice(0, written).flatMap(({ id }, place) => (isCompared(placement, place) ? [id] : []));
}

/** The nodes with which this one has such trees in common. */
export function nodesSharingTrees({ routes, forest }: ExchangeNode, only?: Partition): Set<NodeId> {
  const nodes = new Set<NodeId>();
  for (const n of forest.ns) {
    for (const partition of routes.own(n)) {
      if ((only !== undefined && partition !== only) || !forest.isBuilt(partition)) continue;
      const placement = routes.placement(partition, n);
      if (isCompared(placement, placement.ownPlace)) for (const id of comparedNodes(placement)) nodes.add(id);
    }
  }
  return nodes;
}

export class Exchange {
  readonly #node: ExchangeNode;
  readonly #peer: Peer;
  readonly #treePeer: TreePeer;
  readonly #pause: Pause;
  readonly #recentMs: number;
  readonly #partitions = new Map<Partition, RepairTotals>();
  #trees: readonly SharedTree[] = [];

  /** `recentMs`: what this node got within this time is left for another exchange; 0: nothing is. */
  constructor(node: ExchangeNode, peer: Peer, pause: Pause, recentMs: number = RECENT_MS) {
    this.#recentMs = recentMs;
    this.#node = node;
    this.#peer = peer;
    this.#treePeer = new TreePeer(node, peer, pause);
    this.#pause = pause;
  }

  /** Exchanges the keys of these trees. Never rejects for what the peer or the store does. */
  async run(shared: readonly SharedTree[]): Promise<ExchangeReport> {
    let fault: ExchangeReport['fault'];
    try {
      await this.#run(shared);
    } catch (error) {
      if (error instanceof ExchangeFault) fault = error.reason;
      else if (error instanceof StoreError) fault = 'store';
      else throw error;
    }
    const atMs = this.#node.world.clock.nowMs();
    return { peer: this.#peer.id, atMs, partitions: this.#partitions, trees: this.#trees, fault };
  }

  async #run(shared: readonly SharedTree[]): Promise<void> {
    const { trees, differing } = await compareTrees(this.#node.forest, this.#treePeer, this.#pause, shared);
    this.#trees = trees;
    for (const { partition } of trees) this.#partitions.set(partition, { pushed: 0, pulled: 0, failed: 0 });
    for (const leaves of differing) await this.#exchangeLeaves(leaves);
  }

  /** Goes through the keys of these leaves in their order, a page of each node at a time. */
  async #exchangeLeaves(leaves: LeafKeys): Promise<void> {
    const { world, replica, forest } = this.#node;
    let after: KeyMark | undefined;
    for (;;) {
      await this.#treePeer.admit(pageUnits(forest, leaves.partition));
      const ours = await readLeafPage(replica, forest, leaves, after, undefined);
      const theirs = await this.#treePeer.leafPage(leaves, after, ours.upTo);
      const found = differences(rowsUpTo(ours, theirs.upTo), theirs.rows, world.clock.nowMs(), this.#recentMs);
      await this.#repair(leaves.partition, found);
      after = theirs.upTo;
      if (after === undefined) return;
    }
  }

  /** Some keys at a time, bounded in bytes. */
  async #repair(partition: Partition, found: readonly Difference[]): Promise<void> {
    let slice: Difference[] = [];
    let bytes = 0;
    for (const [i, difference] of found.entries()) {
      slice.push(difference);
      bytes += difference.bytes;
      if (slice.length < REPAIR_KEYS && bytes < REPAIR_BYTES && i < found.length - 1) continue;
      await this.#treePeer.admit(slice.length);
      const outcomes = await Promise.all(slice.map((each) => repair(this.#node, this.#peer, partition, each)));
      for (const outcome of outcomes) this.#count(partition, outcome);
      if (!this.#peer.reachable()) throw new ExchangeFault('unreachable');
      slice = [];
      bytes = 0;
    }
  }

  #count(partition: Partition, outcome: Repaired): void {
    const totals = this.#partitions.get(partition);
    if (totals === undefined || outcome === 'nothing to do') return;
    totals[outcome]++;
    const { counters } = this.#node;
    if (outcome === 'pushed') counters.exchange_keys_pushed++;
    else if (outcome === 'pulled') counters.exchange_keys_pulled++;
  }
}

/** What lies behind the end of the peer's page comes with the next one. */
function rowsUpTo({ rows }: LeafPage, upTo: KeyMark | undefined): LeafPage['rows'] {
  return upTo === undefined ? rows : rows.filter((row) => compareMarks(row, upTo) <= 0);
}
