import type { Clock } from '../../cluster/ports/clock.js';
import type { Timer, Timers } from '../../cluster/ports/timers.js';
import type { Settings } from '../config/settings.js';
import type { LatencySpikes } from './latency-spikes.js';
import { LOOP_PERIOD_MS } from './limits.js';

const EVENT = 'event-loop';
const US_PER_MS = 1000;

/** Notes by how much the event loop is late, while latencies are watched: for so long everything had to wait. */
export class LoopWatch {
  #timer: Timer | undefined;
  #dueUs = 0;

  constructor(
    settings: Settings,
    private readonly spikes: LatencySpikes,
    private readonly clock: Clock,
    private readonly timers: Timers,
  ) {
    settings.onChange(() => this.#adapt());
    this.#adapt();
  }

  close(): void {
    this.#timer?.stop();
    this.#timer = undefined;
  }

  #adapt(): void {
    if (!this.spikes.isWatching) this.close();
    if (!this.spikes.isWatching || this.#timer !== undefined) return;
    this.#dueUs = this.clock.monotonicUs() + LOOP_PERIOD_MS * US_PER_MS;
    this.#timer = this.timers.every(LOOP_PERIOD_MS, () => this.#tick());
  }

  #tick(): void {
    const nowUs = this.clock.monotonicUs();
    this.spikes.note(EVENT, nowUs - this.#dueUs);
    this.#dueUs = nowUs + LOOP_PERIOD_MS * US_PER_MS;
  }
}
