import type { Clock } from '../../cluster/ports/clock.js';
import { LOG_MERGE_MS, LOG_SCAN_MAX, LOG_TEXT_BYTES_MAX } from './limits.js';

export type DenialReason = 'command' | 'key' | 'channel' | 'auth';

/** Something that was denied; all texts have one char a byte. */
export interface DeniedAccess {
  readonly reason: DenialReason;
  /** The command, key or channel; for a failed login the command that asked for it, as it was written. */
  readonly object: string;
  readonly user: string;
  /** The line of the client in `CLIENT LIST`. */
  readonly client: string;
}

export interface LogEntry extends DeniedAccess {
  /** How often the same was denied. */
  readonly count: number;
  /** When it was last, as the clock stood. */
  readonly lastMs: number;
}

/** What `ACL LOG` shows, the newest first. */
export class AccessLog {
  #entries: readonly LogEntry[] = [];

  constructor(
    private readonly clock: Clock,
    private readonly lengthMax: () => number,
  ) {}

  get entries(): readonly LogEntry[] {
    return this.#entries;
  }

  /** The same thing again within a minute is counted at the entry that is there, which comes to the front. */
  add({ reason, object, user, client }: DeniedAccess): void {
    const nowMs = this.clock.nowMs();
    const entry = { reason, object: cut(object), user: cut(user), client, count: 1, lastMs: nowMs };
    const isSame = (known: LogEntry): boolean =>
      known.reason === reason &&
      known.object === entry.object &&
      known.user === entry.user &&
      Math.abs(nowMs - known.lastMs) <= LOG_MERGE_MS;
    const before = this.#entries.slice(0, LOG_SCAN_MAX).find(isSame);
    if (before !== undefined) entry.count += before.count;
    const others = this.#entries.filter((known) => known !== before);
    // As in Redis the log is cut when it grows: a smaller bound shows with the next new entry.
    this.#entries = before === undefined ? [entry, ...others].slice(0, this.lengthMax()) : [entry, ...others];
  }

  reset(): void {
    this.#entries = [];
  }
}

/** A copy: a piece of a string would keep the whole alive. */
function cut(text: string): string {
  if (text.length <= LOG_TEXT_BYTES_MAX) return text;
  return Buffer.from(text.slice(0, LOG_TEXT_BYTES_MAX), 'latin1').toString('latin1');
}
