import type { Clock } from '../../cluster/ports/clock.js';
import type { Log } from '../../cluster/ports/log.js';
import type { CertificateFigures } from './credentials.js';
import { EXPIRED_WARNING_PERIOD_MS, EXPIRY_WARNING_DAYS, EXPIRY_WARNING_PERIOD_MS } from './limits.js';

const MS_PER_DAY = 86_400_000;

/** Whole days until the end of a certificate; below 0: it has ended. */
export function daysLeft({ notAfterMs }: CertificateFigures, nowMs: number): number {
  return Math.floor((notAfterMs - nowMs) / MS_PER_DAY);
}

/** Warns of certificates that are about to end, or have: at once when one is new, then again from time to time. */
export class ExpiryWatch {
  readonly #clock: Clock;
  readonly #log: Log;
  /** When the log was last told of a certificate, by its fingerprint. */
  #toldMs = new Map<string, number>();

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  /** Looks at those that are in use. */
  look(certificates: readonly CertificateFigures[]): void {
    const nowMs = this.#clock.nowMs();
    const told = new Map<string, number>();
    for (const certificate of certificates) {
      const { fingerprint } = certificate;
      if (told.has(fingerprint)) continue;
      const lastMs = this.#toldMs.get(fingerprint) ?? Number.NEGATIVE_INFINITY;
      told.set(fingerprint, this.#warn(certificate, nowMs, lastMs) ? nowMs : lastMs);
    }
    this.#toldMs = told;
  }

  #warn(certificate: CertificateFigures, nowMs: number, lastMs: number): boolean {
    const days = daysLeft(certificate, nowMs);
    if (days >= EXPIRY_WARNING_DAYS) return false;
    const periodMs = days < 0 ? EXPIRED_WARNING_PERIOD_MS : EXPIRY_WARNING_PERIOD_MS;
    if (nowMs - lastMs < periodMs) return false;
    const { subject, notAfterMs } = certificate;
    const fields = { subject, notAfter: new Date(notAfterMs).toISOString(), daysLeft: days };
    if (days < 0) this.#log.error(fields, 'the TLS certificate of this node has expired: others refuse it');
    else this.#log.warn(fields, 'the TLS certificate of this node expires soon');
    return true;
  }
}
