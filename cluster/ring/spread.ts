import { mostApart } from './apart.js';
import { numbered } from './numbered.js';
import type { RingNode } from './ring.js';

/**
 * Moves nodes of a preference list forward, as few as it takes, so that the first N, for any N, are in as many zones and on
 * as many hosts as there are (Dynamo §4.6: the list is built by skipping positions on the ring). Zones go before hosts.
 */
export class Spread {
  readonly #zones: Int32Array;
  readonly #hosts: Int32Array;
  readonly #zoneCount: number;
  readonly #hostCount: number;
  /** Some host stands in several zones, and some zone has several hosts. */
  readonly #isCrossed: boolean;

  /** @param nodes those that the walks consist of; a walk has their numbers (indices) */
  constructor(nodes: readonly RingNode[]) {
    this.#zones = numbered(nodes.map((node) => node.zone));
    this.#hosts = numbered(nodes.map((node) => node.host));
    this.#zoneCount = new Set(this.#zones).size;
    this.#hostCount = new Set(this.#hosts).size;
    const places = new Set(nodes.map((_, node) => `${this.#zones[node]} ${this.#hosts[node]}`)).size;
    this.#isCrossed = places > Math.max(this.#zoneCount, this.#hostCount);
  }

  /** @param walk each node once, in the order in which a walk meets them */
  order(walk: readonly number[]): number[] {
    const order = new Order(this.#zones, this.#hosts, this.#zoneCount, this.#hostCount);
    const apart = this.#isCrossed ? mostApart(walk, this.#zones, this.#hosts) : walk;
    // Once a node's zone or host is there it stays so: one pass for each step is enough.
    order.take(apart, NEW_ZONE_AND_HOST);
    order.take(walk, NEW_ZONE);
    order.take(walk, NEW_HOST);
    order.take(walk, ANY);
    return order.nodes;
  }

  /** The first `count` of the order of a walk of which only the beginning is given; undefined: that is too little to tell. */
  firstOf(beginning: readonly number[], count: number): readonly number[] | undefined {
    if (this.#isCrossed) return undefined;
    const order = new Order(this.#zones, this.#hosts, this.#zoneCount, this.#hostCount, count);
    for (const fits of [NEW_ZONE_AND_HOST, NEW_ZONE, NEW_HOST, ANY]) {
      if (!order.take(beginning, fits)) return undefined;
      if (order.nodes.length === count) return order.nodes;
    }
    return undefined;
  }
}

const NEW_ZONE = 1;
const NEW_HOST = 2;
const NEW_ZONE_AND_HOST = NEW_ZONE | NEW_HOST;
const ANY = 0;

/**
 * A list as it grows. A ring of a thousand nodes makes thousands of lists of a thousand each whenever it changes, and all wait
 * for that: so flags in arrays, and no callbacks.
 */
class Order {
  readonly nodes: number[] = [];
  readonly #zones: Int32Array;
  readonly #hosts: Int32Array;
  readonly #taken: Uint8Array;
  readonly #zoneSeen: Uint8Array;
  readonly #hostSeen: Uint8Array;
  #zonesLeft: number;
  #hostsLeft: number;
  readonly #countMax: number;

  constructor(zones: Int32Array, hosts: Int32Array, zoneCount: number, hostCount: number, countMax = zones.length) {
    this.#zones = zones;
    this.#hosts = hosts;
    this.#taken = new Uint8Array(zones.length);
    this.#zoneSeen = new Uint8Array(zoneCount);
    this.#hostSeen = new Uint8Array(hostCount);
    this.#zonesLeft = zoneCount;
    this.#hostsLeft = hostCount;
    this.#countMax = countMax;
  }

  /**
   * Takes the nodes of `walk` that fit, in its order, until there is no new zone, or else host, to be had, or the list is full.
   * Whether it came to that: more of the walk would have changed nothing.
   */
  take(walk: readonly number[], fits: number): boolean {
    for (const node of walk) {
      if (this.#isDone(fits)) return true;
      const zone = this.#zones[node] ?? 0;
      const host = this.#hosts[node] ?? 0;
      if (this.#taken[node] === 1) continue;
      if ((fits & NEW_ZONE) !== 0 && this.#zoneSeen[zone] === 1) continue;
      if ((fits & NEW_HOST) !== 0 && this.#hostSeen[host] === 1) continue;
      this.#taken[node] = 1;
      if (this.#zoneSeen[zone] === 0) this.#zonesLeft--;
      if (this.#hostSeen[host] === 0) this.#hostsLeft--;
      this.#zoneSeen[zone] = 1;
      this.#hostSeen[host] = 1;
      this.nodes.push(node);
    }
    return this.#isDone(fits);
  }

  #isDone(fits: number): boolean {
    if (this.nodes.length === this.#countMax) return true;
    if ((fits & NEW_ZONE) !== 0) return this.#zonesLeft === 0;
    return fits === NEW_HOST && this.#hostsLeft === 0;
  }
}
