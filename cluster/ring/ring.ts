/**
 * Which node serves which partition, and in what order. Each partition has one token on the ring; the node that holds
 * it comes first in the partition's preference list. The others follow in the order in which a walk from there meets
 * their tokens.
 */
import assert from 'node:assert';
import type { Partition } from './slots.js';

/** 40 hex digits, as in Redis. */
export type NodeId = string & { readonly brand: 'NodeId' };

/** What the ring must know of a node. */
export interface RingNode {
  readonly id: NodeId;
  /** Nodes of one host are likely to fail together. */
  readonly host: string;
  /** Nodes of one zone may fail together. '' is a zone like any other. */
  readonly zone: string;
  /** Its share of the partitions, relative to the others; a whole number from 1. */
  readonly weight: number;
}

export class Ring {
  readonly partitionCount: number;
  /** The holder of each partition's token. */
  readonly owners: readonly NodeId[];
  readonly #tokenless: readonly RingNode[];
  readonly #holderCount: number;
  readonly #holders: readonly RingNode[];
  readonly #hostCount: number;
  readonly #zoneCount: number;
  readonly #lists: (readonly NodeId[] | undefined)[];

  /**
   * @param owners the token of each partition, as `claim` gives it: only nodes of `nodes`
   * @param nodes all nodes, in any order; those without a token serve as the last fallbacks
   */
  constructor(owners: readonly NodeId[], nodes: readonly RingNode[]) {
    const byId = new Map(nodes.map((node) => [node.id, node]));
    assert(byId.size === nodes.length, 'a node is on the ring twice');
    this.partitionCount = owners.length;
    this.owners = owners;
    this.#holders = owners.map((id) => {
      const node = byId.get(id);
      assert(node !== undefined, `a partition belongs to ${id}, which is not a node`);
      return node;
    });
    const holding = new Set(this.#holders);
    this.#holderCount = holding.size;
    this.#tokenless = nodes.filter((node) => !holding.has(node)).sort((a, b) => (a.id < b.id ? -1 : 1));
    this.#hostCount = new Set(nodes.map((node) => node.host)).size;
    this.#zoneCount = new Set(nodes.map((node) => node.zone)).size;
    this.#lists = new Array(owners.length).fill(undefined);
  }

  /** HOT PATH. All nodes, in the order in which they serve the partition. The same array at each call. */
  preferenceList(partition: Partition): readonly NodeId[] {
    const known = this.#lists[partition];
    if (known !== undefined) return known;
    const list = this.#spread(this.#walk(partition)).map((node) => node.id);
    this.#lists[partition] = list;
    return list;
  }

  /**
   * The nodes in the order in which a walk from the partition meets them. Even partitions walk clockwise, odd ones the
   * other way, so that the first places of a lost node fall to both of its neighbours. Where any N tokens in a row are
   * of distinct nodes, a token still lies within exactly N walks of N steps: those that start an even distance away on
   * one side and an odd distance on the other.
   */
  #walk(partition: Partition): RingNode[] {
    const met = new Set<RingNode>();
    const step = partition % 2 === 0 ? 1 : this.partitionCount - 1;
    let at: number = partition;
    for (let left = this.partitionCount; left > 0 && met.size < this.#holderCount; left--) {
      const holder = this.#holders[at];
      if (holder !== undefined) met.add(holder);
      at = (at + step) % this.partitionCount;
    }
    // Nodes without a token take turns as the first of the rest.
    const turn = this.#tokenless.length === 0 ? 0 : partition % this.#tokenless.length;
    return [...met, ...this.#tokenless.slice(turn), ...this.#tokenless.slice(0, turn)];
  }

  /**
   * The same nodes, moved forward as little as it takes that the first N, for any N, are in as many zones and on as many
   * hosts as there are (Dynamo §4.6: the list is built by skipping positions on the ring).
   */
  #spread(walked: RingNode[]): RingNode[] {
    const left = [...walked];
    const spread: RingNode[] = [];
    const zones = new Set<string>();
    const hosts = new Set<string>();
    while (zones.size < this.#zoneCount || hosts.size < this.#hostCount) {
      const at =
        zones.size < this.#zoneCount
          ? (firstAt(left, (node) => !zones.has(node.zone) && !hosts.has(node.host)) ??
            firstAt(left, (node) => !zones.has(node.zone)))
          : firstAt(left, (node) => !hosts.has(node.host));
      assert(at !== undefined, 'a zone or a host without a node');
      for (const node of left.splice(at, 1)) {
        zones.add(node.zone);
        hosts.add(node.host);
        spread.push(node);
      }
    }
    return spread.concat(left);
  }
}

function firstAt(nodes: readonly RingNode[], fits: (node: RingNode) => boolean): number | undefined {
  const at = nodes.findIndex(fits);
  return at < 0 ? undefined : at;
}
