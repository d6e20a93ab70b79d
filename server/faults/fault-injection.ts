/** Faults by order, for tests of clusters (`DEBUG PEER-DROP`, `DEBUG STORE-FAIL`). Nothing of it is in the way otherwise. */
import type { Member } from '../../cluster/membership/membership.js';
import type { Store } from '../../cluster/ports/store.js';
import type { Timers } from '../../cluster/ports/timers.js';
import type { PeerAddress, Transport } from '../../cluster/ports/transport.js';
import type { NodeId } from '../../cluster/ring/ring.js';
import { FailingStore } from './failing-store.js';
import type { PeerOutages } from './gated-link.js';
import { GatedTransport, type PeerBook } from './gated-transport.js';
import { Outage } from './outage.js';

export type PeerDirection = 'in' | 'out' | 'both';
export type StoreDirection = 'reads' | 'writes' | 'both';

export class FaultInjection implements PeerBook {
  readonly noOutages: PeerOutages;
  readonly #timers: Timers;
  readonly #members: () => readonly Member[];
  readonly #ofPeer = new Map<NodeId, PeerOutages>();
  readonly #reads: Outage;
  readonly #writes: Outage;

  /** `members`: all nodes, by whose addresses links are told apart. */
  constructor(timers: Timers, members: () => readonly Member[]) {
    this.#timers = timers;
    this.#members = members;
    this.noOutages = this.#newOutages();
    this.#reads = new Outage(timers);
    this.#writes = new Outage(timers);
  }

  /** `inner`, but for what `dropPeer` orders. */
  transport(inner: Transport): Transport {
    return new GatedTransport(inner, this.#timers, this);
  }

  /** `inner`, but for what `failStore` orders. */
  store(inner: Store): Store {
    return new FailingStore(inner, this.#timers, this.#reads, this.#writes);
  }

  /** Nothing passes in that direction between this node and `node` for `ms`; 0: it passes again. */
  dropPeer(node: NodeId, direction: PeerDirection, ms: number): void {
    const outages = this.outagesOf(node);
    if (direction !== 'out') outages.in.last(ms);
    if (direction !== 'in') outages.out.last(ms);
  }

  /** Reads or writes of the store fail for `ms`; 0: they work again. */
  failStore(direction: StoreDirection, ms: number): void {
    if (direction !== 'writes') this.#reads.last(ms);
    if (direction !== 'reads') this.#writes.last(ms);
  }

  nodeAt({ host, port }: PeerAddress): NodeId | undefined {
    return this.#members().find((member) => member.host === host && member.peerPort === port)?.id;
  }

  outagesOf(node: NodeId): PeerOutages {
    let outages = this.#ofPeer.get(node);
    if (outages === undefined) {
      outages = this.#newOutages();
      this.#ofPeer.set(node, outages);
    }
    return outages;
  }

  #newOutages(): PeerOutages {
    return { in: new Outage(this.#timers), out: new Outage(this.#timers) };
  }
}
