/** HOT PATH: one reply passes for every command. */
import { ReplyBuffer } from '../resp/reply-buffer.js';
import type { ClientConnection } from './connection.js';
import type { ConnectionContext } from './connection-context.js';
import {
  ALL_OUTPUT_BYTES_MAX,
  ANSWER_BYTES_GUESSED,
  AWAITED_BYTES_MAX,
  OUTPUT_HOLD_BYTES,
  OUTPUT_HOLD_BYTES_SMALL,
  OUTPUT_HOLD_SHARE,
  OUTSTANDING_MAX,
  OUTSTANDING_REQUEST_BYTES_MAX,
  SLOTS_KEPT,
} from './limits.js';
import { ReplySlot } from './reply-slot.js';

/** The replies to one client: each has a slot in the line from its request on, and they leave in that order. */
export class ReplyLine {
  /** Replies that are to be sent, and behind them, as far as it is written, the one of the first slot. */
  readonly out: ReplyBuffer;
  readonly #context: ConnectionContext;
  #head: ReplySlot | undefined;
  #tail: ReplySlot | undefined;
  readonly #free: ReplySlot[] = [];
  #count = 0;
  /** Bytes in buffers of slots that are complete and wait for earlier ones. */
  #waitingBytes = 0;
  #answerBytesExpected = ANSWER_BYTES_GUESSED;
  /** Where in `out` the last whole reply ends; below 0 where a part of the one behind it has left. */
  #replyEnd = 0;

  constructor(context: ConnectionContext) {
    this.#context = context;
    this.out = new ReplyBuffer(context.pool, context.limits);
  }

  /** Slots that are not complete, or wait for earlier ones. */
  get count(): number {
    return this.#count;
  }

  /** Bytes of replies that have not been taken out. */
  get bytes(): number {
    return this.out.length + this.#waitingBytes;
  }

  /** Whether `slot` is the next to leave. */
  isFirst(slot: ReplySlot): boolean {
    return this.#head === slot;
  }

  /** The place for the next reply of `connection`, whose line this is. */
  open(connection: ClientConnection, isMuted: boolean): ReplySlot {
    const slot = this.#free.pop() ?? new ReplySlot(connection);
    slot.open(connection.lastInteractionUs, connection.resp, isMuted, connection.bytesIn);
    if (this.#tail === undefined) {
      this.#head = slot;
      this.out.resp = connection.resp;
    } else {
      this.#tail.next = slot;
    }
    this.#tail = slot;
    this.#count++;
    return slot;
  }

  /** `slot` has been completed; answers whether it was the first, and so has left the line, with those behind it that were complete. */
  complete(slot: ReplySlot): boolean {
    if (this.#head === slot) {
      this.#release(slot);
      return true;
    }
    this.#waitingBytes += slot.ownLength;
    return false;
  }

  /** What `out.first` gave has been taken. Gives the memory that may be used again once those bytes have left. */
  dropFirst(): Buffer | undefined {
    const { length } = this.out;
    const memory = this.out.dropFirst();
    this.#replyEnd -= length - this.out.length;
    return memory;
  }

  /**
   * Whether the replies that wait and those to come are more than a client should have, in `shares` of the bounds.
   *
   * @param unsentBytes of replies have been taken out, and not by the kernel.
   * @param bytesIn has the client sent in all.
   */
  isOverfull(shares: number, unsentBytes: number, bytesIn: number): boolean {
    const count = this.#count;
    const queued = this.bytes + unsentBytes;
    if (count > OUTSTANDING_MAX * shares) return true;
    const { limits, totals } = this.#context;
    const holdBytes = Math.min(OUTPUT_HOLD_BYTES, limits.outputBytesMax / OUTPUT_HOLD_SHARE) * shares;
    if (queued + (count - 1) * this.#answerBytesExpected > holdBytes) return true;
    if (queued > OUTPUT_HOLD_BYTES_SMALL * shares && totals.queuedBytes > ALL_OUTPUT_BYTES_MAX) return true;
    const head = this.#head;
    return head !== undefined && count > 1 && bytesIn - head.bytesInBefore > OUTSTANDING_REQUEST_BYTES_MAX * shares;
  }

  /** Whether the answers that are under way are, in `shares` of the bound, more than should come at a time. */
  awaitsMuch(shares: number): boolean {
    return (this.#count - 1) * this.#answerBytesExpected > AWAITED_BYTES_MAX * shares;
  }

  #release(first: ReplySlot): void {
    let slot: ReplySlot | undefined = first;
    do {
      if (slot !== first) this.#waitingBytes -= slot.ownLength;
      slot.drainInto(this.out);
      this.#learn(Math.max(this.out.length - this.#replyEnd, slot.readBytes));
      this.#replyEnd = this.out.length;
      this.#count--;
      const next: ReplySlot | undefined = slot.next;
      if (this.#free.length < SLOTS_KEPT) this.#free.push(slot);
      slot = next;
    } while (slot?.isComplete);
    this.#head = slot;
    if (slot === undefined) this.#tail = undefined;
    else this.out.resp = slot.resp;
  }

  /** How long answers are tells how many more commands may be under way: quick to grow, slower to shrink. */
  #learn(answerBytes: number): void {
    const surprise = answerBytes - this.#answerBytesExpected;
    this.#answerBytesExpected += surprise > 0 ? surprise / 2 : surprise / 4;
  }
}
