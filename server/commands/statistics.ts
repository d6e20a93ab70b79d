import type { Timer, Timers } from '../../cluster/ports/timers.js';
import type { TrafficTotals } from '../net/traffic-totals.js';
import type { CommandTable } from './command-table.js';

/** Different error codes that are counted one by one; they come from our own texts, so that this is never reached. */
const ERROR_CODES_MAX = 128;
const SAMPLE_PERIOD_MS = 1000;

/** What `INFO stats` and `INFO errorstats` show, beside what commands and connections count themselves. */
export class Statistics {
  commandsProcessed = 0;
  errorReplies = 0;
  keyspaceHits = 0;
  keyspaceMisses = 0;
  /** Commands in the last whole second. */
  opsPerSecond = 0;
  /** Bytes of clients in the last whole second. */
  bytesInPerSecond = 0;
  bytesOutPerSecond = 0;
  readonly errorCounts = new Map<string, number>();
  readonly #sampling: Timer;
  #sampledCommands = 0;
  #sampledBytesIn = 0;
  #sampledBytesOut = 0;

  constructor(timers: Timers, totals: TrafficTotals) {
    this.#sampling = timers.every(SAMPLE_PERIOD_MS, () => {
      this.opsPerSecond = (this.commandsProcessed - this.#sampledCommands) * (1000 / SAMPLE_PERIOD_MS);
      this.#sampledCommands = this.commandsProcessed;
      // The totals may have been set back meanwhile.
      this.bytesInPerSecond = Math.max(0, totals.bytesIn - this.#sampledBytesIn);
      this.bytesOutPerSecond = Math.max(0, totals.bytesOut - this.#sampledBytesOut);
      this.#sampledBytesIn = totals.bytesIn;
      this.#sampledBytesOut = totals.bytesOut;
    });
  }

  /** Counts a key that a command looked for in order to read it. */
  countLookup(found: boolean): void {
    if (found) this.keyspaceHits++;
    else this.keyspaceMisses++;
  }

  /** Counts an error by the first word of its text. */
  countError(text: string): void {
    this.errorReplies++;
    const end = text.indexOf(' ');
    const code = end < 0 ? text : text.slice(0, end);
    const count = this.errorCounts.get(code);
    if (count === undefined && this.errorCounts.size >= ERROR_CODES_MAX) return;
    this.errorCounts.set(code, (count ?? 0) + 1);
  }

  /** Back to zero, with the counts of the commands (`CONFIG RESETSTAT`). */
  reset(commands: CommandTable): void {
    this.commandsProcessed = 0;
    this.#sampledCommands = 0;
    this.errorReplies = 0;
    this.keyspaceHits = 0;
    this.keyspaceMisses = 0;
    this.errorCounts.clear();
    for (const command of commands.withSubcommands()) command.resetCounts();
  }

  close(): void {
    this.#sampling.stop();
  }
}
