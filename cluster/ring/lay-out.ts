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
  for (let round = 0; round < rounds; round++) {
    const pool = new Pool(nodes);
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
  readonly #nodes: readonly RingNode[];
  readonly #members = new Set<number>();
  readonly #leftOfZone = new Map<string, number>();
  readonly #leftOnHost = new Map<string, number>();

  constructor(nodes: readonly RingNode[]) {
    this.#nodes = nodes;
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
    let bestRank: readonly number[] = [];
    for (const number of this.#members) {
      const node = this.#nodes[number];
      const zoneLeft = this.#leftOfZone.get(node?.zone ?? '') ?? 0;
      const hostLeft = this.#leftOnHost.get(node?.host ?? '') ?? 0;
      const rank = [faultsOf(number), -zoneLeft, -hostLeft, wearOf(number)];
      if (best === FREE || isBelow(rank, bestRank)) {
        best = number;
        bestRank = rank;
      }
    }
    return best;
  }

  #count(number: number, by: 1 | -1): void {
    const node = this.#nodes[number];
    if (node === undefined) return;
    this.#leftOfZone.set(node.zone, (this.#leftOfZone.get(node.zone) ?? 0) + by);
    this.#leftOnHost.set(node.host, (this.#leftOnHost.get(node.host) ?? 0) + by);
  }
}

/** Compares element by element; the first that differs decides. */
function isBelow(a: readonly number[], b: readonly number[]): boolean {
  for (const [at, value] of a.entries()) {
    const other = b[at] ?? 0;
    if (value !== other) return value < other;
  }
  return false;
}
