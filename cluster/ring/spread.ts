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
    const ordered: number[] = [];
    const taken = new Uint8Array(this.#zones.length);
    const zones = new Set<number>();
    const hosts = new Set<number>();
    // Once a node's zone or host is there it stays so: one pass for each step is enough.
    const pass = (nodesOf: readonly number[], isDone: () => boolean, fits: (zone: number, host: number) => boolean) => {
      if (isDone()) return;
      for (const node of nodesOf) {
        const zone = this.#zones[node] ?? 0;
        const host = this.#hosts[node] ?? 0;
        if (taken[node] === 1 || !fits(zone, host)) continue;
        taken[node] = 1;
        zones.add(zone);
        hosts.add(host);
        ordered.push(node);
        if (isDone()) return;
      }
    };
    const hasZones = () => zones.size === this.#zoneCount;
    const hasHosts = () => hosts.size === this.#hostCount;
    const hasAll = () => ordered.length === walk.length;
    const apart = this.#isCrossed ? mostApart(walk, this.#zones, this.#hosts) : walk;
    pass(apart, hasZones, (zone, host) => !zones.has(zone) && !hosts.has(host));
    pass(walk, hasZones, (zone) => !zones.has(zone));
    pass(walk, hasHosts, (_, host) => !hosts.has(host));
    pass(walk, hasAll, () => true);
    return ordered;
  }
}
