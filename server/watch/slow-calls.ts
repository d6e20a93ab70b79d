/** HOT PATH: `leastUs` is compared with the time of every command. */

import { shownArguments } from '../commands/arguments/shown-arguments.js';
import type { Command } from '../commands/command-table.js';
import type { Settings } from '../config/settings.js';
import type { ReplySlot } from '../net/reply-slot.js';
import type { LatencySpikes } from './latency-spikes.js';
import { SLOW_ARGUMENTS_MAX } from './limits.js';
import type { SlowLog } from './slow-log.js';

const US_PER_MS = 1000;

/** Hands commands that took long to the slow log, and to the events that `LATENCY` tells of. */
export class SlowCalls {
  /** Only commands that took at least so long need to be handed over. */
  leastUs = Number.POSITIVE_INFINITY;
  #logFromUs = Number.POSITIVE_INFINITY;

  constructor(
    settings: Settings,
    private readonly log: SlowLog,
    private readonly spikes: LatencySpikes,
  ) {
    const read = (): void => {
      const { slowlogLogSlowerThan, latencyMonitorThreshold } = settings.config;
      this.#logFromUs = slowlogLogSlowerThan < 0 ? Number.POSITIVE_INFINITY : slowlogLogSlowerThan;
      const spikesFromUs =
        latencyMonitorThreshold === 0 ? Number.POSITIVE_INFINITY : latencyMonitorThreshold * US_PER_MS;
      this.leastUs = Math.min(this.#logFromUs, spikesFromUs);
    };
    settings.onChange(read);
    read();
  }

  note(command: Command, slot: ReplySlot, us: number): void {
    this.spikes.note(command.row.flags.includes('fast') ? 'fast-command' : 'command', us);
    if (us < this.#logFromUs) return;
    const { connection, args } = slot;
    // Of very many arguments only those that are kept are looked at.
    const kept = args.length > SLOW_ARGUMENTS_MAX ? args.slice(0, SLOW_ARGUMENTS_MAX) : args;
    this.log.add(us, shownArguments(command.row, kept), connection.address, connection.name, args.length);
  }
}
