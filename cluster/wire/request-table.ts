/**
 * HOT PATH. The requests of one link that wait for their reply: a ring that is indexed by request id, without an object
 * a request.
 *
 * ```
 *   ids     1, 2, 3, … one after the other, wrapping at 2^32
 *   slot    id & (capacity - 1)
 *           | answered | oldest … waiting and answered … next - 1 | free |
 * ```
 */
import { OUTSTANDING_INITIAL, OUTSTANDING_MAX } from './limits.js';
import { messageName } from './messages.js';

export class RequestTable<Handler> {
  private handlers: (Handler | undefined)[] = new Array<Handler | undefined>(OUTSTANDING_INITIAL).fill(undefined);
  private startsUs = new Float64Array(OUTSTANDING_INITIAL);
  private replyKinds = new Uint8Array(OUTSTANDING_INITIAL);
  private mask = OUTSTANDING_INITIAL - 1;
  private oldest: number;
  private next: number;
  /** Requests ever issued: tells a late reply from an id that was never given out. */
  private issued = 0;
  private waiting = 0;

  constructor(firstId: number) {
    this.oldest = firstId;
    this.next = firstId;
  }

  /** Requests that wait. */
  get count(): number {
    return this.waiting;
  }

  /** Issues the next id, or -1 when the table is at its cap. `replyKind` is the kind of message that answers. */
  issue(handler: Handler, replyKind: number, startUs: number): number {
    if (this.window() > this.mask && !this.grow()) return -1;
    const id = this.next;
    const slot = id & this.mask;
    this.handlers[slot] = handler;
    this.startsUs[slot] = startUs;
    this.replyKinds[slot] = replyKind;
    this.next = (id + 1) >>> 0;
    this.issued += 1;
    this.waiting += 1;
    return id;
  }

  /** When the request began; only meaningful right before `take`. */
  startUs(id: number): number {
    return this.startsUs[id & this.mask] ?? 0;
  }

  /**
   * Ends a request with a reply of `kind` (0: a reply that fits all) and gives its handler; undefined where the id does
   * not wait for such a reply: see `replyFault`.
   */
  take(id: number, kind: number): Handler | undefined {
    const slot = id & this.mask;
    const handler = this.handlers[slot];
    if (handler === undefined || (id - this.oldest) >>> 0 >= this.window()) return undefined;
    if (kind !== 0 && this.replyKinds[slot] !== kind) return undefined;
    this.release(slot);
    if (id === this.oldest) this.skipAnswered();
    return handler;
  }

  /** Why a reply that `take` had no handler for breaks the protocol; undefined: the request has timed out before. */
  replyFault(id: number, kind: number): string | undefined {
    if ((id - this.oldest) >>> 0 < this.window()) {
      const awaited = this.handlers[id & this.mask] !== undefined;
      return awaited ? `${messageName(kind)} does not answer request ${id}` : `request ${id} is answered twice`;
    }
    const age = (this.next - id) >>> 0;
    return age > 0 && age <= this.issued ? undefined : `reply to request ${id}, which was never made`;
  }

  /** When the oldest waiting request began; Infinity where none waits. */
  oldestStartUs(): number {
    return this.waiting === 0 ? Number.POSITIVE_INFINITY : this.startUs(this.oldest);
  }

  /** Ends the oldest waiting request and gives its handler, undefined where none waits. */
  takeOldest(): Handler | undefined {
    return this.waiting === 0 ? undefined : this.take(this.oldest, 0);
  }

  private window(): number {
    return (this.next - this.oldest) >>> 0;
  }

  private release(slot: number): void {
    this.handlers[slot] = undefined;
    this.waiting -= 1;
  }

  private skipAnswered(): void {
    do this.oldest = (this.oldest + 1) >>> 0;
    while (this.oldest !== this.next && this.handlers[this.oldest & this.mask] === undefined);
  }

  private grow(): boolean {
    const capacity = (this.mask + 1) * 2;
    if (capacity > OUTSTANDING_MAX) return false;
    const handlers = new Array<Handler | undefined>(capacity).fill(undefined);
    const startsUs = new Float64Array(capacity);
    const replyKinds = new Uint8Array(capacity);
    for (let id = this.oldest; id !== this.next; id = (id + 1) >>> 0) {
      const from = id & this.mask;
      const to = id & (capacity - 1);
      handlers[to] = this.handlers[from];
      startsUs[to] = this.startsUs[from] ?? 0;
      replyKinds[to] = this.replyKinds[from] ?? 0;
    }
    this.handlers = handlers;
    this.startsUs = startsUs;
    this.replyKinds = replyKinds;
    this.mask = capacity - 1;
    return true;
  }
}
