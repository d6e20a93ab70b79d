/**
 * HOT PATH (`add`). Tells operations that a replica which they have asked is late: it has taken longer than all but one in a
 * hundred of its answers of late. One timer serves all, and only while something waits.
 *
 * ```
 *   tick             0     1     2     3     4     5          a wheel: tick t is kept in slot t mod SLOTS
 *   asked       a --------------------> a is late             one tick each TICK_MS; who is asked is told in the
 *   asked             b -------> b is late                    first tick after its own time, answered or not
 * ```
 */
import type { Clock } from '../ports/clock.js';
import type { Timer, Timers } from '../ports/timers.js';
import type { Peer } from '../wire/peer.js';

/** An operation that may want to ask more replicas when one is late. */
export interface Hedgeable {
  /** Called once for each `add`, when the peer has had its time; also when it has answered, or the operation ended, meanwhile. */
  late(peer: Peer): void;
}

const TICK_MS = 5;
const TICK_US = TICK_MS * 1000;
/** A timer may come so much too early. */
const TIMER_EARLY_US = 1000;
/** A power of two. What is due later than the wheel reaches is told when it has gone round once. */
const SLOTS = 128;
/** Nobody is late earlier: a peer's collector of garbage or its disk may hold it up for so long. */
export const LATE_MIN_US = 10_000;
/** A peer is given no more than so many times the p99 of the fastest. */
const TIMES_FASTEST = 2;
/** So often it is looked whose p99 is the least. */
const LIMIT_PERIOD_US = 100_000;
/** A tick that comes so many times later than it should tells that this node stood still. */
const STOOD_STILL_TICKS = 3;

interface Slot {
  /** An operation and who is late for it, in the same place. */
  readonly operations: Hedgeable[];
  readonly peers: Peer[];
}

export class HedgeQueue {
  readonly #timers: Timers;
  readonly #clock: Clock;
  readonly #peers: () => Iterable<Peer>;
  readonly #longestUs: number;
  readonly #slots: readonly Slot[] = Array.from({ length: SLOTS }, () => ({ operations: [], peers: [] }));
  #waiting = 0;
  /** All ticks up to this one are done. Tick t is TICK_MS × t after the origin. */
  #tick = 0;
  #originUs = 0;
  #lastTickUs = 0;
  #stoodStill = false;
  #limitUs = LATE_MIN_US;
  #limitedUs = Number.NEGATIVE_INFINITY;
  #timer: Timer | undefined;

  /** `peers`: all that may be asked. `requestTimeoutMs`: a replica is late after a quarter of it at the latest. */
  constructor(timers: Timers, clock: Clock, peers: () => Iterable<Peer>, requestTimeoutMs: number) {
    this.#timers = timers;
    this.#clock = clock;
    this.#peers = peers;
    this.#longestUs = (requestTimeoutMs * 1000) / 4;
  }

  /**
   * Notes that `operation` waits for `peer`, which it has asked at `nowUs` (monotonic).
   *
   * @param graceUs that it gives the peer on top of its time, since more is asked of it than an answer from memory
   */
  add(operation: Hedgeable, peer: Peer, nowUs: number, graceUs = 0): void {
    if (this.#timer === undefined) this.#start(nowUs);
    const dueUs = nowUs + graceUs + this.#patienceUs(peer);
    const tick = Math.ceil((dueUs - this.#originUs) / TICK_US);
    const slot = this.#slots[Math.min(Math.max(tick, this.#tick + 1), this.#tick + SLOTS - 1) & (SLOTS - 1)];
    slot?.operations.push(operation);
    slot?.peers.push(peer);
    this.#waiting++;
  }

  /** How long after it was asked at `nowUs` (monotonic) the peer is late. */
  patienceUs(peer: Peer, nowUs: number): number {
    this.#limit(nowUs);
    return this.#patienceUs(peer);
  }

  #patienceUs(peer: Peer): number {
    return Math.min(Math.max(peer.p99Us(), LATE_MIN_US), this.#limitUs);
  }

  stop(): void {
    this.#timer?.stop();
    this.#timer = undefined;
  }

  #start(nowUs: number): void {
    this.#tick = 0;
    this.#originUs = nowUs;
    this.#lastTickUs = nowUs;
    this.#timer = this.#timers.every(TICK_MS, () => this.#turn());
    this.#limit(nowUs);
  }

  #turn(): void {
    const nowUs = this.#clock.monotonicUs();
    const late = nowUs - this.#lastTickUs > TICK_US * STOOD_STILL_TICKS;
    this.#lastTickUs = nowUs;
    // This node itself was held up: what the peers have answered meanwhile is still to be read.
    this.#stoodStill = late && !this.#stoodStill;
    if (this.#stoodStill) return;
    this.#limit(nowUs);
    const now = Math.floor((nowUs - this.#originUs + TIMER_EARLY_US) / TICK_US);
    while (this.#tick < now && this.#waiting > 0) this.#tell(++this.#tick);
    if (this.#waiting === 0) this.stop();
  }

  #tell(tick: number): void {
    const slot = this.#slots[tick & (SLOTS - 1)];
    if (slot === undefined) return;
    const { operations, peers } = slot;
    this.#waiting -= operations.length;
    // Those who are told may add others, but not to this slot.
    for (let i = 0; i < operations.length; i++) {
      const peer = peers[i];
      if (peer !== undefined) operations[i]?.late(peer);
    }
    operations.length = 0;
    peers.length = 0;
  }

  /** A peer that is slow again and again is not given the more time for it. */
  #limit(nowUs: number): void {
    if (nowUs - this.#limitedUs < LIMIT_PERIOD_US) return;
    this.#limitedUs = nowUs;
    let fastestUs = Number.POSITIVE_INFINITY;
    for (const peer of this.#peers()) if (peer.reachable()) fastestUs = Math.min(fastestUs, peer.p99Us());
    this.#limitUs = Math.min(Math.max(LATE_MIN_US, TIMES_FASTEST * fastestUs), this.#longestUs);
  }
}
