/**
 * Tells each peer now and then what delay to expect of this node's stamps (`forward-stamp.ts`). What two monotonic clocks may
 * have drifted apart grows with the time since the last stamp, and an idle link carries none: without this an operation that
 * the network held back there could pass for one in time.
 */
import type { Peers } from '../../peers.js';
import type { Clock } from '../../ports/clock.js';
import type { Timer, Timers } from '../../ports/timers.js';
import { greetWithStamp, type Stamp } from './forward-stamp.js';

/** Each peer is told once in this time: clocks have drifted 120 ms apart by then, at the most. */
const ROUND_MS = 120_000;
const TICK_MS = 4_000;

export class StampRounds {
  readonly #world: { readonly clock: Clock; readonly timers: Timers };
  readonly #peers: Peers;
  readonly #forwarding: Omit<Stamp, 'sentUs'>;
  /** How many of the peers, and parts of one, are due. */
  #due = 0;
  #turn = 0;
  #ticks: Timer | undefined;

  constructor(
    world: { readonly clock: Clock; readonly timers: Timers },
    peers: Peers,
    forwarding: Omit<Stamp, 'sentUs'>,
  ) {
    this.#world = world;
    this.#peers = peers;
    this.#forwarding = forwarding;
  }

  start(): void {
    this.#ticks = this.#world.timers.every(TICK_MS, () => this.#tick());
  }

  stop(): Promise<void> {
    this.#ticks?.stop();
    return Promise.resolve();
  }

  #tick(): void {
    const peers = [...this.#peers.values()];
    this.#due += (peers.length * TICK_MS) / ROUND_MS;
    for (; this.#due >= 1; this.#due--) {
      this.#turn = (this.#turn + 1) % peers.length;
      const peer = peers[this.#turn];
      if (peer?.reachable() === true) greetWithStamp(peer, this.#world.clock, this.#forwarding);
    }
  }
}
