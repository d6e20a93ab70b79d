/**
 * The governor of a node: a bucket that fills at the rate that `Pace` sets, and a queue of slices that empties it.
 *
 * ```
 *   admit() ──> SliceQueue ──(end of turn, one slice a turn, while the bucket is not empty)──> the slice runs
 *                                                  ^ rate, keys a second
 *   gets and puts ──> Foreground ──(every tick)──> Pace <── how peers bear it
 * ```
 *
 * After a tick in which there was neither a get, nor a put, nor background work, the ticks rest until there is. What they would
 * have done is then made up for.
 */
import type { LatencyRecorder } from '../ports/latency.js';
import type { Timer } from '../ports/timers.js';
import type { World } from '../ports/world.js';
import { Foreground } from './foreground.js';
import { BACKGROUND_WORKS, type BackgroundWork, type Governor } from './governor.js';
import { BURST_MS, FEW_SAMPLES_MIN, MINUTE_STRETCHES, RECENT_TICKS, STRAIN_PERIOD_TICKS, TICK_MS } from './limits.js';
import { Pace, type PaceOptions } from './pace.js';
import { SliceQueue } from './slice-queue.js';
import { SlidingHistogram } from './sliding-histogram.js';
import type { Strain } from './strain.js';

/** Figures for INFO. */
export interface GovernorFigures {
  /** Keys a second that background work may handle now, and as a share of the highest. */
  readonly rate: number;
  readonly share: number;
  /** Of the clients' gets and puts, in µs; undefined: too few to tell. */
  readonly minuteP99Us: number | undefined;
  readonly recentP99Us: number | undefined;
  readonly targetUs: number;
  /** How late timers ran in the last seconds (p90). */
  readonly loopDelayUs: number | undefined;
  /** Keys since the start, by work. */
  readonly admitted: ReadonlyMap<BackgroundWork, number>;
}

/** How the peers that this node's background work burdens bear it. */
export interface StrainSource {
  /** Asks them. */
  askAll(): void;
  /** The worst that they told of late. */
  worst(): Strain;
}

const P90 = 0.9;
const MS_PER_S = 1000;
const US_PER_MS = 1000;
const TICK_US = TICK_MS * US_PER_MS;
/** After so many ticks without anything new nothing is left of what was before. */
const TICKS_REMEMBERED = RECENT_TICKS * (MINUTE_STRETCHES + 2);

export class ForegroundGovernor implements Governor {
  readonly #world: Pick<World, 'clock' | 'timers'>;
  readonly #dirtyShare: () => number;
  readonly #peers: StrainSource;
  readonly #pace: Pace;
  readonly #foreground: Foreground;
  readonly #loopDelay = new SlidingHistogram(RECENT_TICKS);
  readonly #queue = new SliceQueue();
  readonly #admitted = new Map<BackgroundWork, number>(BACKGROUND_WORKS.map((work) => [work, 0]));
  /** Undefined: the ticks rest. */
  #ticking: Timer | undefined;
  /** When the last tick was, or the last of those that were made up for. */
  #tickedUs: number;
  #ticks = 0;
  #admittedInTick = 0;
  #wasAlone = true;
  /** Keys that may run at once; below zero: a debt that the rate has to pay off first. */
  #keys = 0;
  #filledUs: number;
  #pumping = false;
  #pause: Timer | undefined;
  #stopped = false;

  /** `dirtyShare`: unwritten bytes as a share of the memory for objects. */
  constructor(
    world: Pick<World, 'clock' | 'timers'>,
    options: PaceOptions,
    requestTimeoutMs: number,
    peers: StrainSource,
    dirtyShare: () => number,
  ) {
    this.#world = world;
    this.#peers = peers;
    this.#dirtyShare = dirtyShare;
    this.#pace = new Pace(options);
    this.#foreground = new Foreground(requestTimeoutMs);
    this.#filledUs = world.clock.monotonicUs();
    this.#tickedUs = this.#filledUs;
    this.#ticking = world.timers.every(TICK_MS, () => this.#tick());
  }

  /** A recorder of gets or puts that hands on to `next` and lets the governor see too. */
  watching(next: LatencyRecorder): LatencyRecorder {
    const watched = this.#foreground.watching(next);
    return {
      record: (us) => {
        if (this.#ticking === undefined) this.#wake();
        watched.record(us);
      },
    };
  }

  admit(work: BackgroundWork, units: number): Promise<boolean> {
    if (this.#stopped) return Promise.resolve(false);
    if (this.#ticking === undefined) this.#wake();
    return new Promise((resolve) => {
      this.#queue.add({ work, units: Math.max(1, units), resolve });
      if (this.#pause === undefined) this.#pumpLater();
    });
  }

  /** How this node bears what it is asked to do. */
  strain(): Strain {
    this.#makeUp();
    return this.#pace.strain;
  }

  figures(): GovernorFigures {
    this.#makeUp();
    return {
      rate: this.#pace.rate,
      share: this.#pace.share,
      minuteP99Us: this.#foreground.minuteP99Us(),
      recentP99Us: this.#foreground.recentP99Us(),
      targetUs: this.#pace.targetUs,
      loopDelayUs: this.#loopDelayUs(),
      admitted: this.#admitted,
    };
  }

  /** Admits nothing more: what waits is told to stop. */
  stop(): void {
    this.#stopped = true;
    this.#ticking?.stop();
    this.#pause?.stop();
    for (let slice = this.#queue.take(); slice !== undefined; slice = this.#queue.take()) slice.resolve(false);
  }

  #pumpLater(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    this.#world.timers.endOfTurn(this.#pump);
  }

  /** Lets one slice run; the next gets its chance in another turn, behind the requests that have come by then. */
  readonly #pump = (): void => {
    this.#pumping = false;
    if (this.#stopped || this.#queue.isEmpty) return;
    this.#fill();
    if (this.#keys <= 0) {
      this.#pauseFor(Math.max(1, Math.ceil((-this.#keys / this.#pace.rate) * MS_PER_S)));
      return;
    }
    const slice = this.#queue.take();
    if (slice === undefined) return;
    this.#keys -= slice.units;
    this.#admittedInTick += slice.units;
    this.#admitted.set(slice.work, (this.#admitted.get(slice.work) ?? 0) + slice.units);
    slice.resolve(true);
    if (!this.#queue.isEmpty) this.#pumpLater();
  };

  #fill(): void {
    const nowUs = this.#world.clock.monotonicUs();
    const keysAMs = this.#pace.rate / MS_PER_S;
    const gained = ((nowUs - this.#filledUs) / US_PER_MS) * keysAMs;
    this.#keys = Math.min(this.#keys + gained, Math.max(1, keysAMs * BURST_MS));
    this.#filledUs = nowUs;
  }

  #pauseFor(ms: number): void {
    const dueUs = this.#world.clock.monotonicUs() + ms * US_PER_MS;
    this.#pause = this.#world.timers.after(ms, () => {
      this.#pause = undefined;
      this.#loopDelay.record(this.#world.clock.monotonicUs() - dueUs);
      this.#pumpLater();
    });
  }

  #tick(): void {
    const nowUs = this.#world.clock.monotonicUs();
    this.#loopDelay.record(nowUs - this.#tickedUs - TICK_US);
    this.#tickedUs = nowUs;
    const isIdle = this.#admittedInTick === 0 && this.#queue.isEmpty;
    this.#look();
    if (!isIdle || this.#foreground.wasBusy) return;
    this.#ticking?.stop();
    this.#ticking = undefined;
  }

  #wake(): void {
    if (this.#stopped) return;
    this.#makeUp();
    this.#tickedUs = this.#world.clock.monotonicUs();
    this.#ticking = this.#world.timers.every(TICK_MS, () => this.#tick());
  }

  /** Does what the ticks that were left out would have done. */
  #makeUp(): void {
    if (this.#ticking !== undefined || this.#stopped) return;
    const missed = Math.floor((this.#world.clock.monotonicUs() - this.#tickedUs) / TICK_US);
    for (let left = Math.min(missed, TICKS_REMEMBERED); left > 0; left--) this.#look();
    this.#tickedUs += missed * TICK_US;
  }

  /** What there was since the last look sets the rate for what comes till the next. */
  #look(): void {
    this.#ticks++;
    this.#loopDelay.rotate();
    // At the lowest rate the foreground is as good as alone.
    const isAlone = this.#admittedInTick === 0 || this.#pace.isLowest;
    this.#foreground.tick(isAlone && this.#wasAlone);
    this.#wasAlone = isAlone;
    const isWorking = this.#admittedInTick > 0 || !this.#queue.isEmpty;
    if (isWorking && this.#ticks % STRAIN_PERIOD_TICKS === 0) this.#peers.askAll();
    const rateBefore = this.#pace.rate;
    const isAnew = this.#pace.tick({
      operations: this.#foreground.recentOperations,
      recentP99Us: this.#foreground.recentP99Us(),
      minuteP99Us: this.#foreground.minuteP99Us(),
      aloneP99Us: this.#foreground.aloneP99Us(),
      loopDelayUs: this.#loopDelayUs(),
      dirtyShare: this.#dirtyShare(),
      usedShare: (this.#admittedInTick * MS_PER_S) / (rateBefore * TICK_MS),
      peers: this.#peers.worst(),
    });
    this.#admittedInTick = 0;
    if (isAnew) {
      this.#foreground.restartRecent();
      this.#loopDelay.clear();
    }
    if (this.#pace.rate !== rateBefore) this.#pauseAnew();
  }

  /** The rate is another: how long the pause has to be is worked out again. */
  #pauseAnew(): void {
    if (this.#pause === undefined) return;
    this.#pause.stop();
    this.#pause = undefined;
    this.#pumpLater();
  }

  #loopDelayUs(): number | undefined {
    return this.#loopDelay.quantileUs(P90, FEW_SAMPLES_MIN);
  }
}
