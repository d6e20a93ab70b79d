import type { Clock } from '../ports/clock.js';
import type { Log, LogFields } from '../ports/log.js';
import { QUIET_LINES_MAX, QUIET_WINDOW_MS } from './limits.js';

/** Warnings that strangers can cause at will: a few in each window are written, the rest is only counted. */
export class QuietLog {
  private windowStartUs = Number.NEGATIVE_INFINITY;
  private lines = 0;
  private suppressed = 0;

  constructor(
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  warn(fields: LogFields, message: string): void {
    const nowUs = this.clock.monotonicUs();
    if (nowUs - this.windowStartUs >= QUIET_WINDOW_MS * 1000) {
      this.windowStartUs = nowUs;
      this.lines = 0;
    }
    if (this.lines >= QUIET_LINES_MAX) {
      this.suppressed += 1;
      return;
    }
    this.lines += 1;
    this.log.warn(this.suppressed === 0 ? fields : { ...fields, suppressedBefore: this.suppressed }, message);
    this.suppressed = 0;
  }
}
