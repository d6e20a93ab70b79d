/** HOT PATH: `isOn` is looked at with every command. */
import type { Clock } from '../../cluster/ports/clock.js';
import type { Timer, Timers } from '../../cluster/ports/timers.js';
import type { ClientConnection } from './connection.js';
import { PAUSE_STEP_MS_MAX } from './limits.js';

/** `CLIENT PAUSE`: commands of all clients, or only those that write, wait until it is over. Monitors are not concerned. */
export class ClientPause {
  /** Whether commands wait. */
  isOn = false;
  #onlyWrites = true;
  #endMs = 0;
  #timer: Timer | undefined;
  /** What goes on when the pause is over, in the order in which it came: one command a client. */
  #held = new Map<ClientConnection, () => void>();

  constructor(
    private readonly clock: Clock,
    private readonly timers: Timers,
  ) {}

  /** Where there is a pause already, the longer and the stricter of the two holds, as in Redis. */
  begin(ms: number, onlyWrites: boolean): void {
    const endMs = this.clock.nowMs() + ms;
    this.#endMs = this.isOn ? Math.max(this.#endMs, endMs) : endMs;
    this.#onlyWrites = onlyWrites && (this.#onlyWrites || !this.isOn);
    this.isOn = true;
    this.#wait();
  }

  /** Whether a command of that client has to wait. */
  concerns(connection: ClientConnection, isWrite: boolean): boolean {
    return this.isOn && !connection.isMonitor && (isWrite || !this.#onlyWrites);
  }

  /** Keeps the client's further requests back, and calls `run` when the pause is over, unless the client has gone by then. */
  hold(connection: ClientConnection, run: () => void): void {
    connection.requests.suspendListening();
    connection.block = { end: undefined, mayEnd: false, abandon: () => this.#held.delete(connection) };
    this.#held.set(connection, run);
  }

  /** How many commands wait. */
  get heldCount(): number {
    return this.#held.size;
  }

  /** Ends the pause; what waited goes on. */
  end(): void {
    this.isOn = false;
    this.#timer?.stop();
    this.#timer = undefined;
    const held = this.#held;
    this.#held = new Map();
    for (const [connection, run] of held) {
      connection.block = undefined;
      const { requests } = connection;
      const { isAlone } = requests;
      // Behind what runs alone requests are kept back until it is answered; this ends the listening only.
      if (isAlone) requests.resume();
      run();
      if (!isAlone) requests.resume();
    }
  }

  /** In steps: a pause may be longer than a timer can be. */
  #wait(): void {
    this.#timer?.stop();
    const leftMs = this.#endMs - this.clock.nowMs();
    this.#timer = this.timers.after(Math.max(0, Math.min(leftMs, PAUSE_STEP_MS_MAX)), () => {
      if (this.clock.nowMs() >= this.#endMs) this.end();
      else this.#wait();
    });
  }
}
