/**
 * Which node serves which partition, and in what order. Each partition has one token on the ring; the node that holds
 * it comes first in the partition's preference list. The others follow in the order in which a walk from there meets
 * their tokens.
 */
import assert from 'node:assert';
import type { Partition } from './slots.js';
import { Spread } from './spread.js';

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

/** The first nodes of a list are mostly found among so many times as many of its walk. */
const HEAD_WALK = 8;

export class Ring {
  readonly partitionCount: number;
  /** The holder of each partition's token. */
  readonly owners: readonly NodeId[];
  readonly #ids: readonly NodeId[];
  /** The number (index in `#ids`) of the holder of each partition's token. */
  readonly #holders: Int32Array;
  readonly #holderCount: number;
  /** Numbers, by id. */
  readonly #tokenless: readonly number[];
  readonly #spread: Spread;
  readonly #lists: (readonly NodeId[] | undefined)[];
  /** Beginnings of lists. */
  readonly #heads: (readonly NodeId[] | undefined)[];

  /**
   * @param owners the token of each partition, as `claim` gives it: only nodes of `nodes`
   * @param nodes all nodes, in any order; those without a token serve as the last fallbacks
   */
  constructor(owners: readonly NodeId[], nodes: readonly RingNode[]) {
    const sorted = [...nodes].sort((a, b) => (a.id < b.id ? -1 : 1));
    const numbers = new Map(sorted.map((node, number) => [node.id, number]));
    assert(numbers.size === nodes.length, 'a node is on the ring twice');
    this.partitionCount = owners.length;
    this.owners = owners;
    this.#ids = sorted.map((node) => node.id);
    this.#holders = Int32Array.from(owners, (id) => {
      const number = numbers.get(id);
      assert(number !== undefined, `a partition belongs to ${id}, which is not a node`);
      return number;
    });
    const holding = new Set(this.#holders);
    this.#holderCount = holding.size;
    this.#tokenless = [...sorted.keys()].filter((number) => !holding.has(number));
    this.#spread = new Spread(sorted);
    this.#lists = new Array(owners.length).fill(undefined);
    this.#heads = new Array(owners.length).fill(undefined);
  }

  /** HOT PATH. All nodes, in the order in which they serve the partition. The same array at each call. */
  preferenceList(partition: Partition): readonly NodeId[] {
    const known = this.#lists[partition];
    if (known !== undefined) return known;
    const list = this.#named(this.#spread.order(this.#walk(partition)));
    this.#lists[partition] = list;
    return list;
  }

  /**
   * The first `count` nodes of the list; all where it has fewer. The same array at each call with the same count. With many
   * nodes far cheaper than the whole list, for those who look at every partition whenever the ring has changed.
   */
  firstOf(partition: Partition, count: number): readonly NodeId[] {
    const known = this.#heads[partition];
    if (known?.length === Math.min(count, this.#ids.length)) return known;
    const head = this.#lists[partition]?.slice(0, count) ?? this.#headOf(partition, count);
    this.#heads[partition] = head;
    return head;
  }

  #headOf(partition: Partition, count: number): readonly NodeId[] {
    const metMax = HEAD_WALK * count;
    const first = metMax < this.#holderCount ? this.#spread.firstOf(this.#begin(partition, metMax), count) : undefined;
    return first === undefined ? this.preferenceList(partition).slice(0, count) : this.#named(first);
  }

  #named(numbers: readonly number[]): NodeId[] {
    const names: NodeId[] = [];
    for (const number of numbers) {
      const id = this.#ids[number];
      if (id !== undefined) names.push(id);
    }
    return names;
  }

  /**
   * The nodes in the order in which a walk from the partition meets them. Even partitions walk clockwise, odd ones the
   * other way, so that the first places of a lost node fall to both of its neighbours. Where any N tokens in a row are
   * of distinct nodes, a token still lies within exactly N walks of N steps: those that start an even distance away on
   * one side and an odd distance on the other.
   */
  #walk(partition: Partition): number[] {
    const met = this.#begin(partition, this.#holderCount);
    // Nodes without a token take turns as the first of the rest.
    const turn = this.#tokenless.length === 0 ? 0 : partition % this.#tokenless.length;
    return [...met, ...this.#tokenless.slice(turn), ...this.#tokenless.slice(0, turn)];
  }

  /** The first `count` holders of tokens that the walk meets. */
  #begin(partition: Partition, count: number): number[] {
    const met: number[] = [];
    const seen = new Uint8Array(this.#ids.length);
    const step = partition % 2 === 0 ? 1 : this.partitionCount - 1;
    let at: number = partition;
    for (let left = this.partitionCount; left > 0 && met.length < count; left--) {
      const holder = this.#holders[at] ?? 0;
      if (seen[holder] === 0) met.push(holder);
      seen[holder] = 1;
      at = (at + step) % this.partitionCount;
    }
    return met;
  }
}
