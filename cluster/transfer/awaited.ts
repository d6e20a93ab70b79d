/** Names the nodes that are down and that this node waits for: it keeps a place until all that are to hold it do. */

import type { HandoffNode } from '../handoff/handoff-node.js';
import type { Member } from '../membership/membership.js';
import type { NodeId } from '../ring/ring.js';
import { AWAITED_LOG_AFTER_MS, AWAITED_LOG_PERIOD_MS } from './limits.js';

/** A node that is waited for. */
export interface Awaited {
  /** Wall clock, ms. */
  readonly sinceMs: number;
  /** By number: those that it is to take up. */
  readonly places: ReadonlySet<number>;
}

interface Wait {
  readonly sinceMs: number;
  readonly sinceUs: number;
  loggedUs: number | undefined;
}

export class AwaitedNodes {
  readonly #node: Pick<HandoffNode, 'world' | 'peers'>;
  #places: ReadonlyMap<NodeId, ReadonlySet<number>> = new Map();
  readonly #waits = new Map<NodeId, Wait>();

  constructor(node: Pick<HandoffNode, 'world' | 'peers'>) {
    this.#node = node;
  }

  /** Who has yet to take up which of the places that this node would give up. */
  plan(places: ReadonlyMap<NodeId, ReadonlySet<number>>): void {
    this.#places = places;
  }

  /** Looks who of them is down, and tells the operator now and then. `nodes`: all of the cluster. */
  look(nodes: readonly Member[]): void {
    const { clock, log } = this.#node.world;
    const nowUs = clock.monotonicUs();
    for (const id of this.#waits.keys()) if (!this.#isAwaited(id)) this.#waits.delete(id);
    for (const [id, places] of this.#places) {
      if (!this.#isAwaited(id)) continue;
      const wait = this.#waits.get(id) ?? { sinceMs: clock.nowMs(), sinceUs: nowUs, loggedUs: undefined };
      this.#waits.set(id, wait);
      const waitedMs = Math.round((nowUs - wait.sinceUs) / 1000);
      const silentMs = wait.loggedUs === undefined ? undefined : (nowUs - wait.loggedUs) / 1000;
      if (waitedMs < AWAITED_LOG_AFTER_MS || (silentMs !== undefined && silentMs < AWAITED_LOG_PERIOD_MS)) continue;
      wait.loggedUs = nowUs;
      const member = nodes.find((node) => node.id === id);
      const at = member && `${member.host}:${member.peerPort}`;
      log.warn(
        { node: id, at, partitions: places.size, waitedMs },
        'this node waits for one that is down and is to take over partitions: start it again, or give it up with CLUSTER FORGET',
      );
    }
  }

  all(): ReadonlyMap<NodeId, Awaited> {
    const all = new Map<NodeId, Awaited>();
    for (const [id, { sinceMs }] of this.#waits) {
      const places = this.#places.get(id);
      if (places !== undefined) all.set(id, { sinceMs, places });
    }
    return all;
  }

  #isAwaited(id: NodeId): boolean {
    return this.#places.has(id) && this.#node.peers.get(id)?.reachable() !== true;
  }
}
