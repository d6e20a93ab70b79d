import { numbered } from './numbered.js';
import type { RingNode } from './ring.js';
import { FREE, type Spacing } from './spacing.js';

/**
 * Lays tokens around an empty ring in rounds. The node with most tokens takes part in each round, the others in as many
 * as they have tokens, evenly. Within a round a node follows those that it has followed least often until now, so that
 * the neighbours of a node, who serve for it when it is lost, are many.
 *
 * @param due tokens of each node; their sum is `partitionCount`
 * @returns the node number (index in `nodes`) at each place
 */
export function layOut(
  partitionCount: number,
  nodes: readonly RingNode[],
  due: readonly number[],
  spacing: Spacing,
): Int32Array {
  const ring = new Int32Array(partitionCount).fill(FREE);
  const followed = new Uint16Array(nodes.length * nodes.length);
  const rounds = Math.max(...due);
  let at = 0;
  const pool = new Pool(nodes);
  for (let round = 0; round < rounds; round++) {
    for (const [node, tokens] of due.entries()) {
      if (Math.floor((tokens * (round + 1)) / rounds) > Math.floor((tokens * round) / rounds)) pool.add(node);
    }
    for (; pool.size > 0; at++) {
      const previous = ring[at - 1] ?? FREE;
      const next = pool.best(
        (node) => spacing.faultsAt(ring, at, node),
        (node) => (previous === FREE ? 0 : (followed[previous * nodes.length + node] ?? 0)),
      );
      pool.remove(next);
      ring[at] = next;
      if (previous !== FREE) {
        const pair = previous * nodes.length + next;
        followed[pair] = (followed[pair] ?? 0) + 1;
      }
    }
  }
  return ring;
}

/** The nodes that still have to be placed in this round. */
class Pool {
  readonly #zones: Int32Array;
  readonly #hosts: Int32Array;
  readonly #members = new Set<number>();
  readonly #leftOfZone: Int32Array;
  readonly #leftOnHost: Int32Array;

  constructor(nodes: readonly RingNode[]) {
    this.#zones = numbered(nodes.map((node) => node.zone));
    this.#hosts = numbered(nodes.map((node) => node.host));
    this.#leftOfZone = new Int32Array(nodes.length);
    this.#leftOnHost = new Int32Array(nodes.length);
  }

  get size(): number {
    return this.#members.size;
  }

  add(number: number): void {
    this.#members.add(number);
    this.#count(number, 1);
  }

  remove(number: number): void {
    this.#members.delete(number);
    this.#count(number, -1);
  }

  /**
   * The member with the fewest faults; of those one of the zone, then of the host, with most members left, or these
   * would pile up at the end of the round; of those the one with the least `wear`.
   */
  best(faultsOf: (number: number) => number, wearOf: (number: number) => number): number {
    let best = FREE;
    let bestFaults = 0;
    let bestWear = 0;
    for (const number of this.#members) {
      const faults = faultsOf(number);
      if (best !== FREE && faults > bestFaults) continue;
      const wear = wearOf(number);
      const rank = best === FREE ? -1 : faults - bestFaults || this.#fewerLeft(number, best) || wear - bestWear;
      if (rank >= 0) continue;
      best = number;
      bestFaults = faults;
      bestWear = wear;
    }
    return best;
  }

  /** Below 0 where `one` has more of its zone, or with as many of these more of its host, left than `other`. */
  #fewerLeft(one: number, other: number): number {
    return (
      (this.#leftOfZone[this.#zones[other] ?? 0] ?? 0) - (this.#leftOfZone[this.#zones[one] ?? 0] ?? 0) ||
      (this.#leftOnHost[this.#hosts[other] ?? 0] ?? 0) - (this.#leftOnHost[this.#hosts[one] ?? 0] ?? 0)
    );
  }

  #count(number: number, by: 1 | -1): void {
    const zone = this.#zones[number] ?? 0;
    const host = this.#hosts[number] ?? 0;
    this.#leftOfZone[zone] = (this.#leftOfZone[zone] ?? 0) + by;
    this.#leftOnHost[host] = (this.#leftOnHost[host] ?? 0) + by;
  }
}
