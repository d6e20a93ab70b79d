/**
 * How far apart tokens should lie: the N nodes that a walk meets first should be N nodes, on N hosts, in N zones. A
 * layout where any N tokens in a row are of different nodes needs no skipping on the walk, and so every node is a primary
 * of exactly N partitions for each of its tokens.
 */
import { numbered } from './numbered.js';
import type { RingNode } from './ring.js';

/** The N that layouts are made for: the default N. Larger N still get distinct nodes, a little less evenly spread. */
const PRIMARIES = 3;

/** No number of faults of one kind outweighs one of the kind above: a token has at most four close neighbours. */
const SAME_ZONE = 1;
const SAME_HOST = 8;
const SAME_NODE = 64;

/** No node: the token is free. */
export const FREE = -1;

/** The reaches are the least distances at which two tokens of one node, host or zone are no fault any more. */
export class Spacing {
  readonly #hosts: Int32Array;
  readonly #zones: Int32Array;
  readonly #nodeReach: number;
  readonly #hostReach: number;
  readonly #zoneReach: number;

  constructor(nodes: readonly RingNode[]) {
    this.#hosts = numbered(nodes.map((node) => node.host));
    this.#zones = numbered(nodes.map((node) => node.zone));
    this.#nodeReach = Math.min(PRIMARIES, nodes.length);
    this.#hostReach = Math.min(PRIMARIES, new Set(this.#hosts).size);
    this.#zoneReach = Math.min(PRIMARIES, new Set(this.#zones).size);
  }

  /** How badly `node` would fit at `at`, given its neighbours on the ring (node numbers, or FREE). 0: well. */
  faultsAt(ring: Int32Array, at: number, node: number): number {
    const size = ring.length;
    let faults = 0;
    for (let distance = 1; distance < this.#nodeReach && distance < size; distance++) {
      const ahead = at + distance;
      const behind = at - distance;
      faults += this.#fault(distance, node, ring[ahead < size ? ahead : ahead - size] ?? FREE);
      faults += this.#fault(distance, node, ring[behind < 0 ? behind + size : behind] ?? FREE);
    }
    return faults;
  }

  #fault(distance: number, one: number, other: number): number {
    if (other === FREE) return 0;
    let fault = one === other ? SAME_NODE : 0;
    if (distance < this.#hostReach && this.#hosts[one] === this.#hosts[other]) fault += SAME_HOST;
    if (distance < this.#zoneReach && this.#zones[one] === this.#zones[other]) fault += SAME_ZONE;
    return fault;
  }
}
