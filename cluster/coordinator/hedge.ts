import type { Clock } from '../ports/clock.js';
import type { Timer, Timers } from '../ports/timers.js';
import type { Peer } from '../wire/peer.js';

/** An operation that may want to ask more replicas when the first are late. */
export interface Hedgeable {
  /** Called once, when the delay has passed; also when the operation has ended meanwhile. */
  hedge(): void;
}

const TICK_MS = 5;
const DELAY_MIN_US = 10_000;

/**
 * Tells operations that they have been waiting for long. One timer serves all, and only while something waits: the delay
 * is the same for everybody, so that the oldest entry is always the first due.
 */
export class HedgeQueue {
  readonly #timers: Timers;
  readonly #clock: Clock;
  readonly #delayUs: () => number;
  #waiting: Hedgeable[] = [];
  #sinceUs: number[] = [];
  #head = 0;
  #timer: Timer | undefined;

  /** `delayUs`: how long an answer may take before more replicas are asked, now. */
  constructor(timers: Timers, clock: Clock, delayUs: () => number) {
    this.#timers = timers;
    this.#clock = clock;
    this.#delayUs = delayUs;
  }

  /** Notes that `operation` began to wait at `nowUs` (monotonic). */
  add(operation: Hedgeable, nowUs: number): void {
    this.#waiting.push(operation);
    this.#sinceUs.push(nowUs);
    this.#timer ??= this.#timers.every(TICK_MS, () => this.#tick());
  }

  stop(): void {
    this.#timer?.stop();
    this.#timer = undefined;
  }

  #tick(): void {
    const dueUs = this.#clock.monotonicUs() - this.#delayUs();
    let head = this.#head;
    const waiting = this.#waiting;
    while (head < waiting.length && (this.#sinceUs[head] ?? 0) <= dueUs) waiting[head++]?.hedge();
    this.#head = head;
    if (head === waiting.length) this.stop();
    if (head * 2 >= waiting.length) {
      this.#waiting = waiting.slice(head);
      this.#sinceUs = this.#sinceUs.slice(head);
      this.#head = 0;
    }
  }
}

/**
 * How long an operation waits before it asks more replicas, in µs: three times the p99 of the fastest peer. A replica that
 * takes longer is late for whatever reason.
 */
export function hedgeDelayUs(peers: Iterable<Pick<Peer, 'reachable' | 'p99Us'>>, requestTimeoutMs: number): number {
  let fastestUs = Number.POSITIVE_INFINITY;
  for (const peer of peers) if (peer.reachable()) fastestUs = Math.min(fastestUs, peer.p99Us());
  return Math.min(Math.max(DELAY_MIN_US, 3 * fastestUs), (requestTimeoutMs * 1000) / 4);
}
