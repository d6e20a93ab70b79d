import type { Timer } from '../ports/timers.js';
import type { World } from '../ports/world.js';
import { RECONNECT_DELAY_MAX_MS, RECONNECT_DELAY_MIN_MS } from './limits.js';

/** When a lost link is dialled again: each attempt waits twice as long as the one before, up to a bound. */
export class Redial {
  readonly #world: Pick<World, 'timers' | 'random'>;
  readonly #dial: () => void;
  #delayMs = RECONNECT_DELAY_MIN_MS;
  #waiting: Timer | undefined;

  constructor(world: Pick<World, 'timers' | 'random'>, dial: () => void) {
    this.#world = world;
    this.#dial = dial;
  }

  /** The link is lost, or could not be made. */
  later(): void {
    const delayMs = this.#delayMs;
    this.#delayMs = Math.min(delayMs * 2, RECONNECT_DELAY_MAX_MS);
    // Half of the delay is left to chance, so that the peers of a node that returns do not all call at once.
    const jitteredMs = delayMs / 2 + this.#world.random.below(Math.ceil(delayMs / 2) + 1);
    this.#waiting = this.#world.timers.after(jitteredMs, () => this.#go());
  }

  /** The peer is known to be up: dials now if the next attempt is only waiting for its time. */
  soon(): void {
    if (this.#waiting === undefined) return;
    this.#waiting.stop();
    this.#go();
  }

  /** A link has stood for `stoodMs`: one that has lasted makes the next attempt a quick one. */
  stood(stoodMs: number): void {
    if (stoodMs >= RECONNECT_DELAY_MAX_MS) this.#delayMs = RECONNECT_DELAY_MIN_MS;
  }

  stop(): void {
    this.#waiting?.stop();
    this.#waiting = undefined;
  }

  #go(): void {
    this.#waiting = undefined;
    this.#dial();
  }
}
