/** The way from one node of a test to another, without a wire. What is cut fails, also what was under way. */

import type { PeerSet } from '../../../cluster/peers.js';
import { type Replica, STORED } from '../../../cluster/replica/replica.js';
import type { NodeId } from '../../../cluster/ring/ring.js';
import type { Partition } from '../../../cluster/ring/slots.js';
import { objectLength, versionFingerprint } from '../../../cluster/version/encoded.js';
import type { Peer, ReplyHandler } from '../../../cluster/wire/peer.js';
import type { Queries } from '../../../cluster/wire/queries.js';
import type { ManualWorld } from '../storage/manual-world.js';

/** A node as its peers see it. */
export interface LinkEnd {
  readonly id: NodeId;
  readonly world: ManualWorld;
  readonly replica: Replica;
  readonly queries: Queries;
}

export class LinkedPeer {
  readonly id: NodeId;
  /** Runs before a question is answered. */
  beforeQuery: ((kind: number) => void) | undefined;
  /** GETs and PUTs that went this way. */
  gets = 0;
  puts = 0;
  readonly #from: LinkEnd;
  /** Undefined: the node does not run. */
  readonly #to: LinkEnd | undefined;
  readonly #outstanding = new Set<ReplyHandler>();
  #up: boolean;

  constructor(from: LinkEnd, id: NodeId, to: LinkEnd | undefined) {
    this.id = id;
    this.#from = from;
    this.#to = to;
    this.#up = to !== undefined;
  }

  reachable(): boolean {
    return this.#up;
  }

  onReachableChange(): void {
    // Hints are brought when they are looked for.
  }

  /** Nothing goes this way any more, or again. */
  setUp(up: boolean): void {
    this.#up = up && this.#to !== undefined;
    if (up) return;
    for (const handler of [...this.#outstanding])
      this.#ended(handler, () => handler.failed(this.asPeer(), 'unreachable'));
  }

  put(
    handler: ReplyHandler,
    partition: Partition,
    db: number,
    durability: 0 | 1 | 2,
    key: string,
    object: Buffer,
    length: number,
  ): void {
    const to = this.#begin(handler);
    if (to === undefined) return;
    this.puts++;
    const reply = (status: number): void =>
      this.#later(() => this.#ended(handler, () => handler.putReplied(this.asPeer(), status)));
    const waiter = { stored: (failure: unknown) => reply(failure === undefined ? 0 : 1) };
    const copy = Buffer.from(object.subarray(0, length));
    if (to.replica.merge(partition, db, key, copy, durability, waiter) === STORED) reply(0);
  }

  get(handler: ReplyHandler, partition: Partition, db: number, key: string, fingerprint: number): void {
    const to = this.#begin(handler);
    if (to === undefined) return;
    this.gets++;
    to.replica.load(partition, db, key, {
      loaded: (_failure, object) => {
        const held = object && Buffer.from(object.subarray(0, objectLength(object)));
        const isSame = held !== undefined && versionFingerprint(held) === fingerprint;
        this.#later(() =>
          this.#ended(handler, () => handler.getReplied(this.asPeer(), isSame, isSame ? undefined : held)),
        );
      },
    });
  }

  query(handler: ReplyHandler, body: Buffer): void {
    const to = this.#begin(handler);
    if (to === undefined) return;
    this.beforeQuery?.(body.readUInt8(0));
    to.queries.answer(this.#from.id, Buffer.from(body), (reply) =>
      this.#later(() => this.#ended(handler, () => handler.forwardReplied(this.asPeer(), reply))),
    );
  }

  asPeer(): Peer {
    return this as unknown as Peer;
  }

  #begin(handler: ReplyHandler): LinkEnd | undefined {
    const to = this.#up ? this.#to : undefined;
    if (to === undefined) handler.failed(this.asPeer(), 'unreachable');
    else this.#outstanding.add(handler);
    return to;
  }

  #ended(handler: ReplyHandler, reply: () => void): void {
    if (this.#outstanding.delete(handler)) reply();
  }

  #later(reply: () => void): void {
    this.#from.world.timers.endOfTurn(reply);
  }
}

/** The links of a node. */
export class Links implements PeerSet {
  readonly #byId = new Map<NodeId, LinkedPeer>();
  readonly #added: ((peer: Peer) => void)[] = [];
  readonly #removed: ((peer: Peer) => void)[] = [];

  get(id: NodeId): Peer | undefined {
    return this.#byId.get(id)?.asPeer();
  }

  link(id: NodeId): LinkedPeer | undefined {
    return this.#byId.get(id);
  }

  *values(): Iterable<Peer> {
    for (const link of this.#byId.values()) yield link.asPeer();
  }

  onAdded(callback: (peer: Peer) => void): void {
    this.#added.push(callback);
    for (const peer of this.values()) callback(peer);
  }

  onRemoved(callback: (peer: Peer) => void): void {
    this.#removed.push(callback);
  }

  /** Takes the place of the link that there was. */
  put(link: LinkedPeer): void {
    const before = this.#byId.get(link.id);
    before?.setUp(false);
    this.#byId.set(link.id, link);
    if (before !== undefined) for (const callback of this.#removed) callback(before.asPeer());
    for (const callback of this.#added) callback(link.asPeer());
  }

  allDown(): void {
    for (const link of this.#byId.values()) link.setUp(false);
  }
}
