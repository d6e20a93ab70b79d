/** The way from one node of a test to another, without a wire. What is cut fails, also what was under way. */
import type { Queries } from '../../../cluster/coordinator/queries.js';
import { type Replica, STORED } from '../../../cluster/replica/replica.js';
import type { NodeId } from '../../../cluster/ring/ring.js';
import type { Partition } from '../../../cluster/ring/slots.js';
import { objectLength, versionFingerprint } from '../../../cluster/version/encoded.js';
import type { Peer, ReplyHandler } from '../../../cluster/wire/peer.js';
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
  readonly #to: LinkEnd;
  readonly #outstanding = new Set<ReplyHandler>();
  #up = true;

  constructor(from: LinkEnd, to: LinkEnd) {
    this.id = to.id;
    this.#from = from;
    this.#to = to;
  }

  reachable(): boolean {
    return this.#up;
  }

  onReachableChange(): void {
    // Hints are brought when they are looked for.
  }

  /** Nothing goes this way any more, or again. */
  setUp(up: boolean): void {
    this.#up = up;
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
    if (!this.#begin(handler)) return;
    this.puts++;
    const reply = (status: number): void =>
      this.#later(() => this.#ended(handler, () => handler.putReplied(this.asPeer(), status)));
    const waiter = { stored: (failure: unknown) => reply(failure === undefined ? 0 : 1) };
    const copy = Buffer.from(object.subarray(0, length));
    if (this.#to.replica.merge(partition, db, key, copy, durability, waiter) === STORED) reply(0);
  }

  get(handler: ReplyHandler, partition: Partition, db: number, key: string, fingerprint: number): void {
    if (!this.#begin(handler)) return;
    this.gets++;
    this.#to.replica.load(partition, db, key, {
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
    if (!this.#begin(handler)) return;
    this.beforeQuery?.(body.readUInt8(0));
    this.#to.queries.answer(this.#from.id, Buffer.from(body), (reply) =>
      this.#later(() => this.#ended(handler, () => handler.forwardReplied(this.asPeer(), reply))),
    );
  }

  asPeer(): Peer {
    return this as unknown as Peer;
  }

  #begin(handler: ReplyHandler): boolean {
    if (this.#up) this.#outstanding.add(handler);
    else handler.failed(this.asPeer(), 'unreachable');
    return this.#up;
  }

  #ended(handler: ReplyHandler, reply: () => void): void {
    if (this.#outstanding.delete(handler)) reply();
  }

  #later(reply: () => void): void {
    this.#from.world.timers.endOfTurn(reply);
  }
}
