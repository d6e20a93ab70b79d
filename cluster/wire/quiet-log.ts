import type { Clock } from '../ports/clock.js';
import type { Log, LogFields } from '../ports/log.js';
import { QUIET_LINES_MAX, QUIET_WINDOW_MS } from './limits.js';

/** `what` of the audit: the two ends of a link do not fit, or one of them did not prove to know the secret. */
export const LINK_REFUSED = 'link refused';

/**
 * Warnings that strangers can cause at will: a few in each window are written, one of each subject, and the rest is only
 * counted. So who tries again and again does not hide the others.
 */
export class QuietLog {
  private windowStartUs = Number.NEGATIVE_INFINITY;
  private readonly subjects = new Set<string>();
  private suppressed = 0;

  constructor(
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly windowMs = QUIET_WINDOW_MS,
  ) {}

  /** `subject` says of whom and of what the line is. */
  warn(subject: string, fields: LogFields, message: string): void {
    const nowUs = this.clock.monotonicUs();
    if (nowUs - this.windowStartUs >= this.windowMs * 1000) {
      this.windowStartUs = nowUs;
      this.subjects.clear();
    }
    if (this.subjects.size >= QUIET_LINES_MAX || this.subjects.has(subject)) {
      this.suppressed += 1;
      return;
    }
    this.subjects.add(subject);
    this.log.warn(this.suppressed === 0 ? fields : { ...fields, suppressedBefore: this.suppressed }, message);
    this.suppressed = 0;
  }
}
