/**
 * How far apart tokens should lie: the N nodes that a walk meets first should be N nodes, on N hosts, in N zones. A
 * layout where any N tokens in a row are of different nodes needs no skipping on the walk, and so every node is a primary
 * of exactly N partitions for each of its tokens.
 */
import type { RingNode } from './ring.js';

/** The N that layouts are made for: the default N. Larger N still get distinct nodes, a little less evenly spread. */
const PRIMARIES = 3;

/** No number of faults of one kind outweighs one of the kind above: a token has at most four close neighbours. */
const SAME_ZONE = 1;
const SAME_HOST = 8;
const SAME_NODE = 64;

/** No node: the token is free. */
export const FREE = -1;

export class Spacing {
  readonly #count: number;
  readonly #reach: number;
  /** [distance][one node][other node] → fault */
  readonly #faults: Uint8Array;

  constructor(nodes: readonly RingNode[]) {
    this.#count = nodes.length;
    const distinct = (values: readonly string[]) => Math.min(PRIMARIES, new Set(values).size);
    const nodeReach = Math.min(PRIMARIES, nodes.length);
    const hostReach = distinct(nodes.map((node) => node.host));
    const zoneReach = distinct(nodes.map((node) => node.zone));
    this.#reach = nodeReach - 1;
    this.#faults = new Uint8Array(PRIMARIES * this.#count * this.#count);
    for (let distance = 1; distance <= this.#reach; distance++) {
      for (const [x, one] of nodes.entries()) {
        for (const [y, other] of nodes.entries()) {
          let fault = x === y ? SAME_NODE : 0;
          if (distance < hostReach && one.host === other.host) fault += SAME_HOST;
          if (distance < zoneReach && one.zone === other.zone) fault += SAME_ZONE;
          this.#faults[(distance * this.#count + x) * this.#count + y] = fault;
        }
      }
    }
  }

  /** How badly `node` would fit at `at`, given its neighbours on the ring (node numbers, or FREE). 0: well. */
  faultsAt(ring: Int32Array, at: number, node: number): number {
    let faults = 0;
    for (let distance = 1; distance <= this.#reach && distance < ring.length; distance++) {
      const row = (distance * this.#count + node) * this.#count;
      const after = ring[(at + distance) % ring.length] ?? FREE;
      const before = ring[(at - distance + ring.length) % ring.length] ?? FREE;
      if (after !== FREE) faults += this.#faults[row + after] ?? 0;
      if (before !== FREE) faults += this.#faults[row + before] ?? 0;
    }
    return faults;
  }
}
