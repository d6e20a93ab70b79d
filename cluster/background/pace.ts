/** How many keys a second background work may handle: the control law, without time or timers. */
import {
  DIRTY_SHARE_TARGET,
  EASY,
  GROWTH,
  LOOK_PERIOD_TICKS,
  LOOK_TICKS,
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
import { AT_REST, type Strain } from './strain.js';

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
  /** The worst that peers tell of themselves. */
  readonly peers: Strain;
}

/**
 * ```
 *            0        EASY      NEAR   target
 *   pressure ├──────────┼─────────┼──────┼──────────>     the p99 of the last seconds, the loop's delay, the unwritten
 *              grow 10 %    hold    shrink to NEAR/pressure        bytes, each as a share of its target; or a peer's
 *              a second
 * ```
 */
export class Pace {
  /** What the foreground's p99 is held against. */
  targetUs: number;
  /** How the node itself is doing, for its peers. */
  strain: Strain = AT_REST;
  readonly #options: PaceOptions;
  #rate: number;
  /** The rate that a foreground was last found to bear; where one that comes back finds the background. */
  #borne: number;
  #settling = 0;
  #sinceLook = 0;

  constructor(options: PaceOptions) {
    this.#options = options;
    this.#rate = options.rateMax;
    this.#borne = options.rateMin;
    this.targetUs = this.#target(undefined);
  }

  /** Keys a second, now. */
  get rate(): number {
    return this.#isLooking ? this.#options.rateMin : this.#rate;
  }

  /** Whether the rate can't shrink further. */
  get isLowest(): boolean {
    return this.rate <= this.#options.rateMin;
  }

  /** The rate as a share of the highest. */
  get share(): number {
    return this.rate / this.#options.rateMax;
  }

  /** Sets the rate for the next tick. Answers whether what was seen in the last seconds is no guide any more. */
  tick(sight: Sight): boolean {
    this.targetUs = this.#target(sight.aloneP99Us);
    this.strain = this.#ownStrain(sight);
    const isBusy = this.strain.isBusy || sight.peers.isBusy;
    if (this.#look(isBusy)) return !this.#isLooking;
    if (this.#settling > 0) {
      this.#settling--;
      return false;
    }
    const pressure = Math.max(this.strain.pressure, sight.peers.pressure);
    if (pressure > NEAR) return this.#shrinkTo(this.#rate * Math.max(SHRINK_MOST, NEAR / pressure), isBusy);
    if (!isBusy) {
      this.#rate = this.#bounded(this.#rate * QUIET_GROWTH);
      return false;
    }
    if (this.#rate > this.#borne) return this.#shrinkTo(this.#borne, isBusy);
    // The minute is what is promised: while it is broken nothing grows, whatever the last seconds say.
    const isKept = this.strain.isMinuteKept && sight.peers.isMinuteKept;
    if (isKept && pressure < EASY && sight.usedShare >= USED_SHARE_MIN) this.#rate = this.#bounded(this.#rate * GROWTH);
    this.#borne = this.#rate;
    return false;
  }

  get #isLooking(): boolean {
    return this.#sinceLook > LOOK_PERIOD_TICKS;
  }

  /** Whether this tick belongs to a look at what the foreground has alone, or ends one. */
  #look(isBusy: boolean): boolean {
    const isDue = this.#options.targetMs === 0 && isBusy && this.#rate > this.#options.rateMin;
    if (!isDue) {
      this.#sinceLook = 0;
      return false;
    }
    const wasLooking = this.#isLooking;
    this.#sinceLook++;
    if (this.#sinceLook > LOOK_PERIOD_TICKS + LOOK_TICKS) this.#sinceLook = 0;
    return wasLooking || this.#isLooking;
  }

  #ownStrain({ operations, recentP99Us = 0, loopDelayUs = 0, dirtyShare, minuteP99Us }: Sight): Strain {
    const isBusy = operations >= QUIET_OPERATIONS;
    return {
      isBusy,
      pressure: Math.max(recentP99Us / this.targetUs, loopDelayUs / this.targetUs, dirtyShare / DIRTY_SHARE_TARGET),
      isMinuteKept: !isBusy || (minuteP99Us !== undefined && minuteP99Us <= this.targetUs),
    };
  }

  #shrinkTo(rate: number, isBusy: boolean): boolean {
    const before = this.#rate;
    this.#rate = this.#bounded(rate);
    if (isBusy) this.#borne = this.#rate;
    if (this.#rate === before) return false;
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
