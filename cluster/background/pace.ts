/** How many keys a second background work may handle: the control law, without time or timers. */
import {
  DIRTY_SHARE_TARGET,
  EASY,
  GROWTH,
  NEAR,
  QUIET_GROWTH,
  QUIET_OPERATIONS,
  SETTLE_TICKS,
  SHRINK_MOST,
  TARGET_FACTOR,
  TARGET_US_MAX,
  TARGET_US_MIN,
  USED_SHARE_MIN,
} from './limits.js';

export interface PaceOptions {
  /** The foreground's p99 that background work must not break; 0: made from what the foreground has alone. */
  readonly targetMs: number;
  /** Keys a second that are always let through, so that healing comes to an end. */
  readonly rateMin: number;
  /** Keys a second of a node that has nothing else to do. */
  readonly rateMax: number;
}

/** What the node has seen up to a tick. Undefined: too little to tell. */
export interface Sight {
  /** Clients' gets and puts in the last seconds. */
  readonly operations: number;
  readonly recentP99Us: number | undefined;
  readonly minuteP99Us: number | undefined;
  /** The p99 without background work. */
  readonly aloneP99Us: number | undefined;
  /** How late timers ran in the last seconds (p90). */
  readonly loopDelayUs: number | undefined;
  /** Bytes that are not in the store yet, as a share of the memory for objects. */
  readonly dirtyShare: number;
  /** How much of the rate was used in the last tick. */
  readonly usedShare: number;
}

/**
 * ```
 *            0        EASY      NEAR   target
 *   pressure ├──────────┼─────────┼──────┼──────────>     the p99 of the last seconds, the loop's delay and the
 *              grow 10 %    hold    shrink to NEAR/pressure        unwritten bytes, each as a share of its target
 *              a second
 * ```
 */
export class Pace {
  /** Keys a second, now. */
  rate: number;
  /** What the foreground's p99 is held against. */
  targetUs: number;
  readonly #options: PaceOptions;
  /** The rate that a foreground was last found to bear; where one that comes back finds the background. */
  #borne: number;
  #settling = 0;

  constructor(options: PaceOptions) {
    this.#options = options;
    this.rate = options.rateMax;
    this.#borne = options.rateMin;
    this.targetUs = this.#target(undefined);
  }

  /** Whether the rate can't shrink further. */
  get isLowest(): boolean {
    return this.rate <= this.#options.rateMin;
  }

  /** The rate as a share of the highest. */
  get share(): number {
    return this.rate / this.#options.rateMax;
  }

  /** Sets the rate for the next tick. Answers whether it shrank: what was seen so far is then no guide any more. */
  tick(sight: Sight): boolean {
    this.targetUs = this.#target(sight.aloneP99Us);
    if (this.#settling > 0) {
      this.#settling--;
      return false;
    }
    const isQuiet = sight.operations < QUIET_OPERATIONS;
    const pressure = this.#pressure(sight);
    if (pressure > NEAR) return this.#shrinkTo(this.rate * Math.max(SHRINK_MOST, NEAR / pressure), isQuiet);
    if (isQuiet) {
      this.rate = this.#bounded(this.rate * QUIET_GROWTH);
      return false;
    }
    if (this.rate > this.#borne) return this.#shrinkTo(this.#borne, isQuiet);
    // The minute is what is promised: while it is broken nothing grows, whatever the last seconds say.
    const isKept = sight.minuteP99Us !== undefined && sight.minuteP99Us <= this.targetUs;
    if (isKept && pressure < EASY && sight.usedShare >= USED_SHARE_MIN) this.rate = this.#bounded(this.rate * GROWTH);
    this.#borne = this.rate;
    return false;
  }

  #pressure({ recentP99Us = 0, loopDelayUs = 0, dirtyShare }: Sight): number {
    return Math.max(recentP99Us / this.targetUs, loopDelayUs / this.targetUs, dirtyShare / DIRTY_SHARE_TARGET);
  }

  #shrinkTo(rate: number, isQuiet: boolean): boolean {
    const before = this.rate;
    this.rate = this.#bounded(rate);
    if (!isQuiet) this.#borne = this.rate;
    if (this.rate === before) return false;
    this.#settling = SETTLE_TICKS;
    return true;
  }

  #bounded(rate: number): number {
    return Math.min(this.#options.rateMax, Math.max(this.#options.rateMin, rate));
  }

  #target(aloneP99Us: number | undefined): number {
    if (this.#options.targetMs > 0) return this.#options.targetMs * 1000;
    return Math.min(TARGET_US_MAX, Math.max(TARGET_US_MIN, TARGET_FACTOR * (aloneP99Us ?? 0)));
  }
}
