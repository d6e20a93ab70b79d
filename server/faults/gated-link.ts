/**
 * A link through which, for a time, nothing comes in, nothing goes out, or neither. As on a network that loses packets,
 * and as TCP makes up for it: what was sent meanwhile arrives when it works again, if the link is still wanted then; the
 * end of a link is not seen by the other side either; and a link that is dialled meanwhile comes to stand only after.
 *
 * ```
 *   user --write--> [ out: held while the outage is on ] --> link --> peer
 *   user <-received- [ in: held, and the link is paused ] <-- link <-- peer
 * ```
 */
import type { Timers } from '../../cluster/ports/timers.js';
import type { Link, LinkEvents } from '../../cluster/ports/transport.js';
import type { Outage } from './outage.js';

/** What does not come in from one node, and what does not go out to it. */
export interface PeerOutages {
  readonly in: Outage;
  readonly out: Outage;
}

export class GatedLink implements Link, LinkEvents {
  readonly remoteAddress: string;
  readonly #timers: Pick<Timers, 'endOfTurn'>;
  #outages: PeerOutages;
  #events: LinkEvents | undefined;
  #inner: Link | undefined;
  #arrived: (() => void)[] = [];
  #unsent: Buffer[] = [];
  #unsentBytes = 0;
  #isPaused = false;
  /** Neither side of the user's has more to say or hear. */
  #isOver = false;

  constructor(remoteAddress: string, timers: Pick<Timers, 'endOfTurn'>, outages: PeerOutages) {
    this.remoteAddress = remoteAddress;
    this.#timers = timers;
    this.#outages = outages;
  }

  /** Who hears of the link. Must be called before anything can arrive. */
  watch(events: LinkEvents): void {
    this.#events = events;
  }

  /** The outages that count from now on: it has become known who is at the other end. */
  belongTo(outages: PeerOutages): void {
    this.#outages = outages;
  }

  /** Dials once both directions work. */
  dialWhenPossible(dial: () => Link): void {
    const outage = [this.#outages.in, this.#outages.out].find(({ isOn }) => isOn);
    if (this.#isOver) return;
    if (outage === undefined) this.through(dial());
    else outage.whenOver(() => this.dialWhenPossible(dial));
  }

  /** The link behind this one. */
  through(inner: Link): void {
    this.#inner = inner;
  }

  write(bytes: Buffer): boolean {
    const inner = this.#inner;
    if (this.#isOver || inner === undefined) return true;
    const { out } = this.#outages;
    if (!out.isOn && this.#unsent.length === 0) return inner.write(bytes);
    if (this.#unsent.length === 0) out.whenOver(() => this.#sendOn());
    this.#unsent.push(bytes);
    this.#unsentBytes += bytes.length;
    return false;
  }

  queuedBytes(): number {
    return this.#unsentBytes + (this.#inner?.queuedBytes() ?? 0);
  }

  pause(): void {
    this.#isPaused = true;
    this.#inner?.pause();
  }

  resume(): void {
    this.#isPaused = false;
    if (this.#arrived.length === 0) this.#inner?.resume();
  }

  close(reason: string): void {
    if (this.#isOver) return;
    const inner = this.#inner;
    if (inner !== undefined && !this.#outages.out.isOn) {
      inner.close(reason);
      // With nothing coming in, the link's own word of its end would be held as well.
      if (!this.#outages.in.isOn) return;
    } else if (inner !== undefined) {
      inner.pause();
      this.#outages.out.whenOver(() => inner.close(reason));
    }
    this.#isOver = true;
    this.#timers.endOfTurn(() => this.#events?.closed(reason));
  }

  opened(): void {
    this.#arrive(() => this.#events?.opened());
  }

  received(chunk: Buffer): void {
    if (!this.#isHeld()) this.#deliver(chunk);
    else {
      const kept = Buffer.from(chunk);
      this.#arrive(() => this.#deliver(kept));
    }
  }

  closed(reason: string): void {
    this.#arrive(() => {
      if (this.#isOver) return;
      this.#isOver = true;
      this.#events?.closed(reason);
    });
  }

  #deliver(chunk: Buffer): void {
    if (!this.#isOver) this.#events?.received(chunk);
  }

  #isHeld(): boolean {
    return this.#outages.in.isOn || this.#arrived.length > 0;
  }

  #arrive(happen: () => void): void {
    if (!this.#isHeld()) {
      happen();
      return;
    }
    if (this.#arrived.length === 0) {
      // The rest can wait in the sockets: what is kept here has a bound.
      this.#inner?.pause();
      this.#outages.in.whenOver(() => this.#takeIn());
    }
    this.#arrived.push(happen);
  }

  #takeIn(): void {
    for (let at = 0; at < this.#arrived.length; at++) this.#arrived[at]?.();
    this.#arrived = [];
    if (!this.#isPaused && !this.#isOver) this.#inner?.resume();
  }

  #sendOn(): void {
    const unsent = this.#unsent;
    this.#unsent = [];
    this.#unsentBytes = 0;
    if (!this.#isOver) for (const bytes of unsent) this.#inner?.write(bytes);
  }
}
