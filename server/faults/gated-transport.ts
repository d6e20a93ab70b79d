import type { Timers } from '../../cluster/ports/timers.js';
import type { Link, LinkEvents, Listener, PeerAddress, Transport } from '../../cluster/ports/transport.js';
import type { NodeId } from '../../cluster/ring/ring.js';
import { FRAME_HEADER_BYTES } from '../../cluster/wire/frames.js';
import { greetingNodeId } from '../../cluster/wire/handshake.js';
import { GatedLink, type PeerOutages } from './gated-link.js';

/** Tells who is meant. */
export interface PeerBook {
  /** Undefined: nobody that is known. */
  nodeAt(address: PeerAddress): NodeId | undefined;
  outagesOf(node: NodeId): PeerOutages;
  /** Those of nodes that are not known: never on. */
  readonly noOutages: PeerOutages;
}

/** A transport whose links to and from single nodes can be cut for a time. */
export class GatedTransport implements Transport {
  readonly #inner: Transport;
  readonly #timers: Pick<Timers, 'endOfTurn'>;
  readonly #book: PeerBook;

  constructor(inner: Transport, timers: Pick<Timers, 'endOfTurn'>, book: PeerBook) {
    this.#inner = inner;
    this.#timers = timers;
    this.#book = book;
  }

  dial(address: PeerAddress, events: LinkEvents): Link {
    const node = this.#book.nodeAt(address);
    const outages = node === undefined ? this.#book.noOutages : this.#book.outagesOf(node);
    const link = new GatedLink(`${address.host}:${address.port}`, this.#timers, outages);
    link.watch(events);
    link.dialWhenPossible(() => this.#inner.dial(address, link));
    return link;
  }

  listen(address: PeerAddress, accept: (link: Link) => LinkEvents): Promise<Listener> {
    return this.#inner.listen(address, (inner) => {
      const link = new GatedLink(inner.remoteAddress, this.#timers, this.#book.noOutages);
      link.through(inner);
      link.watch(accept(link));
      return new Introduction(link, this.#book);
    });
  }
}

/** Watches an accepted link for the greeting that says who has dialled; the first chunk has it, as it is sent whole. */
class Introduction implements LinkEvents {
  readonly #link: GatedLink;
  readonly #book: PeerBook;
  #isOver = false;

  constructor(link: GatedLink, book: PeerBook) {
    this.#link = link;
    this.#book = book;
  }

  opened(): void {
    this.#link.opened();
  }

  received(chunk: Buffer): void {
    if (!this.#isOver) {
      this.#isOver = true;
      const node = greetingNodeId(chunk.subarray(FRAME_HEADER_BYTES));
      if (node !== undefined) this.#link.belongTo(this.#book.outagesOf(node));
    }
    this.#link.received(chunk);
  }

  closed(reason: string): void {
    this.#link.closed(reason);
  }
}
