/** One direction of a simulated connection. */
import type { LinkEvents } from '../../cluster/ports/transport.js';
import type { Network } from './network.js';
import type { Process } from './scheduler.js';

/** What a system buffers for a sender before the sender has to. */
const SYSTEM_BUFFER_BYTES = 128 * 1024;
/** What a chunk is overwritten with after it was received: whoever kept a slice of it will read nonsense. */
const OVERWRITTEN = 0xdd;

interface Parcel {
  readonly bytes: Buffer;
  /** The sender's own buffer where the stream kept it: it must not change until it has left. */
  readonly kept: Buffer | undefined;
  readonly dueUs: number;
}

export class Stream {
  readonly #network: Network;
  readonly #from: string;
  readonly #to: string;
  #process: Process | undefined;
  #events: LinkEvents | undefined;
  #onClosed: () => void = () => undefined;
  #parcels: Parcel[] = [];
  #queued = 0;
  #lastDueUs = 0;
  #pumping = false;
  #paused = false;
  #opened = false;
  #lost = false;
  #senderDone: string | undefined;
  /** The receiver has been told, or can't be told any more, that the connection is gone. */
  closed = false;

  constructor(network: Network, from: string, to: string) {
    this.#network = network;
    this.#from = from;
    this.#to = to;
  }

  receiveWith(process: Process, events: LinkEvents, onClosed: () => void): void {
    this.#process = process;
    this.#events = events;
    this.#onClosed = onClosed;
  }

  /** Tells the receiver now that the connection stands. */
  open(): void {
    if (this.closed || this.#opened) return;
    this.#opened = true;
    this.#events?.opened();
    this.#pump();
  }

  /** Tells the receiver so when the word has crossed the network. */
  openLater(): void {
    const waitUs = this.#network.drawDelayUs(this.#from, this.#to) + this.#network.stalledForUs(this.#from, this.#to);
    this.#lastDueUs = this.#network.scheduler.nowUs + waitUs;
    this.#network.scheduler.after(waitUs, this.#process, () => this.open());
  }

  /** See `Link.write`. */
  write(bytes: Buffer): boolean {
    if (this.closed || this.#senderDone !== undefined || this.#lost) return true;
    const keeps = this.#network.random.chance(0.3);
    this.#queued += bytes.length;
    this.#parcels.push({
      bytes: this.#network.parcels.copyOf(bytes),
      kept: keeps ? bytes : undefined,
      dueUs: this.#due(),
    });
    this.#pump();
    return !keeps;
  }

  queuedBytes(): number {
    return Math.max(0, this.#queued - SYSTEM_BUFFER_BYTES);
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#pump();
  }

  /** The sender has closed: the receiver hears it behind what was sent before, of which the tail may be lost. */
  finish(reason: string): void {
    if (this.#senderDone !== undefined || this.closed) return;
    this.#senderDone = reason;
    this.#due();
    if (this.#network.random.chance(0.5)) this.#dropTail();
    this.#pump();
  }

  /** The receiver itself closes. False if it was closed already. */
  closeLocally(reason: string): boolean {
    if (this.closed) return false;
    this.#dropAll();
    this.closed = true;
    this.#network.scheduler.after(0, this.#process, () => this.#tellClosed(reason));
    return true;
  }

  /** The network cuts the connection; the receiver hears it soon. */
  cut(reason: string): void {
    if (this.closed) return;
    this.#dropAll();
    this.closed = true;
    this.#network.scheduler.after(this.#network.drawDelayUs(this.#from, this.#to), this.#process, () =>
      this.#tellClosed(reason),
    );
  }

  /** The receiver is dead. */
  abandon(): void {
    this.#dropAll();
    this.closed = true;
    this.#onClosed();
  }

  /** From now on nothing arrives, and nobody is told. */
  lose(): void {
    this.#lost = true;
    this.#dropAll();
  }

  #tellClosed(reason: string): void {
    this.#events?.closed(reason);
    this.#onClosed();
  }

  #due(): number {
    const { scheduler } = this.#network;
    this.#lastDueUs = Math.max(this.#lastDueUs, scheduler.nowUs + this.#network.drawDelayUs(this.#from, this.#to));
    return this.#lastDueUs;
  }

  readonly #onDue = (): void => {
    this.#pumping = false;
    // A stall may have begun meanwhile.
    if (this.#network.stalledForUs(this.#from, this.#to) === 0) this.#arrive();
    this.#pump();
  };

  #pump(): void {
    if (this.#pumping || this.#paused || this.closed || !this.#opened || this.#lost) return;
    const first = this.#parcels[0];
    if (first === undefined && this.#senderDone === undefined) return;
    const { scheduler } = this.#network;
    const dueUs = first?.dueUs ?? this.#lastDueUs;
    const waitUs = Math.max(dueUs - scheduler.nowUs, this.#network.stalledForUs(this.#from, this.#to));
    this.#pumping = true;
    scheduler.after(waitUs, this.#process, this.#onDue);
  }

  #arrive(): void {
    if (this.closed || this.#lost || this.#paused) return;
    const { scheduler, random, temper } = this.#network;
    const arrived = this.#takeDue(scheduler.nowUs);
    if (arrived.length === 0) {
      if (this.#parcels.length === 0 && this.#senderDone !== undefined) this.#hearEnd(this.#senderDone);
      return;
    }
    for (const { bytes, kept } of arrived) {
      if (kept !== undefined && !kept.equals(bytes)) throw new Error('a buffer was changed after a write that kept it');
    }
    const whole = arrived.length === 1 ? arrived[0]?.bytes : undefined;
    let bytes = whole ?? Buffer.concat(arrived.map((parcel) => parcel.bytes));
    if (bytes.length > 1 && random.chance(temper.cutChance)) {
      const at = random.between(1, bytes.length - 1);
      this.#parcels.unshift({ bytes: Buffer.from(bytes.subarray(at)), kept: undefined, dueUs: scheduler.nowUs });
      bytes = bytes.subarray(0, at);
    }
    this.#queued -= bytes.length;
    this.#network.trace.bytes(this.#to, bytes);
    this.#events?.received(bytes);
    bytes.fill(OVERWRITTEN);
    if (bytes === whole) this.#network.parcels.giveBack(whole);
  }

  #takeDue(nowUs: number): Parcel[] {
    const parcels = this.#parcels;
    let due = 0;
    while (due < parcels.length && (parcels[due]?.dueUs ?? 0) <= nowUs) due++;
    if (due < parcels.length) return parcels.splice(0, due);
    this.#parcels = [];
    return parcels;
  }

  #hearEnd(reason: string): void {
    this.closed = true;
    this.#tellClosed(reason);
  }

  #dropTail(): void {
    const keep = this.#network.random.below(this.#parcels.length + 1);
    for (const { bytes } of this.#parcels.splice(keep)) this.#queued -= bytes.length;
  }

  #dropAll(): void {
    this.#parcels = [];
    this.#queued = 0;
  }
}
