import type { Clock } from '../../cluster/ports/clock.js';
import { ADDRESSES_MAX, DELAY_FIRST_MS, FAILURE_FORGOTTEN_MS, FAILURES_FREE, FAILURES_MAX } from './limits.js';

interface Failures {
  count: number;
  /** When `count` was right, monotonic µs. */
  asOfUs: number;
}

const US_PER_MS = 1000;

/**
 * How long a login of an address waits before its password is looked at: nothing at first, and longer the more of its logins
 * have failed of late, whether the next one is right or wrong. Other addresses do not notice.
 */
export class LoginDelay {
  readonly #failures = new Map<string, Failures>();

  constructor(
    private readonly clock: Clock,
    private readonly delayMaxMs: () => number,
  ) {}

  delayMsOf(address: string): number {
    const count = this.#countNow(address);
    if (count < FAILURES_FREE) return 0;
    return Math.min(this.delayMaxMs(), DELAY_FIRST_MS * 2 ** (count - FAILURES_FREE));
  }

  failed(address: string): void {
    const count = Math.min(FAILURES_MAX, this.#countNow(address) + 1);
    // The last to fail stands last.
    this.#failures.delete(address);
    if (this.#failures.size >= ADDRESSES_MAX) this.#dropFirst();
    this.#failures.set(address, { count, asOfUs: this.clock.monotonicUs() });
  }

  #countNow(address: string): number {
    const known = this.#failures.get(address);
    if (known === undefined) return 0;
    const forgotten = Math.floor((this.clock.monotonicUs() - known.asOfUs) / (FAILURE_FORGOTTEN_MS * US_PER_MS));
    return Math.max(0, known.count - forgotten);
  }

  #dropFirst(): void {
    for (const address of this.#failures.keys()) {
      this.#failures.delete(address);
      return;
    }
  }
}
