/** HOT PATH: `isOn` is looked at with every command. */
import type { Clock } from '../../cluster/ports/clock.js';
import { shownArguments } from '../commands/arguments/shown-arguments.js';
import type { Command } from '../commands/command-table.js';
import type { ClientConnection } from '../net/connection.js';
import { MONITORED_ARGUMENTS_MAX } from './limits.js';
import { quoted } from './quoted.js';

const MS_PER_S = 1000;
const US_DIGITS = 6;

/** Clients that see all commands of this node (`MONITOR`). Administrative commands are not shown, as in Redis. */
export class Monitors {
  /** Whether there are any. */
  isOn = false;
  readonly #watching = new Set<ClientConnection>();

  constructor(private readonly clock: Clock) {}

  add(connection: ClientConnection): void {
    connection.isMonitor = true;
    this.#watching.add(connection);
    this.isOn = true;
  }

  remove(connection: ClientConnection): void {
    connection.isMonitor = false;
    this.#watching.delete(connection);
    this.isOn = this.#watching.size > 0;
  }

  /**
   * Shows a command that has begun; `connection.db` is what it has made of it. A monitor gets the line in its turn among
   * its own replies, and is closed when it lets too many pile up, like any client.
   */
  feed(connection: ClientConnection, command: Command, args: readonly Buffer[]): void {
    if (command.row.flags.includes('admin')) return;
    const more = args.length - MONITORED_ARGUMENTS_MAX;
    const shown = shownArguments(command.row, more > 0 ? args.slice(0, MONITORED_ARGUMENTS_MAX) : args);
    const line = this.#line(connection, more > 0 ? [...shown, Buffer.from(`... (${more} more arguments)`)] : shown);
    for (const monitor of this.#watching) {
      if (monitor.isClosed) {
        this.remove(monitor);
        continue;
      }
      const slot = monitor.openSlot();
      slot.out.simple(line);
      slot.complete();
    }
  }

  #line(connection: ClientConnection, args: readonly Buffer[]): string {
    const us = Math.trunc(this.clock.nowMs() * MS_PER_S);
    const seconds = Math.trunc(us / MS_PER_S / MS_PER_S);
    const fraction = String(us % (MS_PER_S * MS_PER_S)).padStart(US_DIGITS, '0');
    return `${seconds}.${fraction} [${connection.db} ${connection.address}] ${args.map(quoted).join(' ')}`;
  }
}
