/**
 * HOT PATH: `areOn` is looked at with every command. What clients write faster than the node can pass it on waits here, one command
 * a client, in the order in which it came; nothing more of that client is read. A write is refused only where no other was let go
 * either for some request timeouts: one that has yet to begin costs nobody anything.
 */
import type { Clock } from '../../cluster/ports/clock.js';
import type { Timers } from '../../cluster/ports/timers.js';
import type { ClientConnection } from './connection.js';
import { ROOM_CHECK_MS, ROOM_TIMEOUTS_MAX, WRITES_LET_GO_MAX } from './limits.js';

/** Where writes go. */
export interface WriteRoom {
  readonly isFull: boolean;
  onRoom(cameRoom: () => void): void;
  awaitRoom(): void;
}

interface WaitingWrite {
  readonly connection: ClientConnection;
  readonly sinceUs: number;
  readonly run: () => void;
  readonly refuse: () => void;
}

export class WaitingWrites {
  /** Writes that have waited and were refused, since the start. */
  refused = 0;
  readonly #world: { readonly clock: Clock; readonly timers: Timers };
  readonly #room: WriteRoom;
  readonly #timeoutMs: () => number;
  #waiting: WaitingWrite[] = [];
  /** Those before it were let go. */
  #head = 0;
  #letGoUs = 0;
  #isDue = false;
  #isChecking = false;

  /** `timeoutMs`: how long a request may wait for replicas. */
  constructor(world: { readonly clock: Clock; readonly timers: Timers }, room: WriteRoom, timeoutMs: () => number) {
    this.#world = world;
    this.#room = room;
    this.#timeoutMs = timeoutMs;
    room.onRoom(this.#letGoSoon);
  }

  /** Whether a command that writes has to wait. */
  get areOn(): boolean {
    return this.#room.isFull || this.count > 0;
  }

  /** How many wait. */
  get count(): number {
    return this.#waiting.length - this.#head;
  }

  /**
   * Keeps the client's further requests back, and calls `run` once there is room, behind all that wait already; or `refuse`,
   * where there is none for too long. It is called too where the client has gone.
   */
  hold(connection: ClientConnection, run: () => void, refuse: () => void): void {
    connection.requests.suspend();
    this.#waiting.push({ connection, sinceUs: this.#world.clock.monotonicUs(), run, refuse });
    this.#room.awaitRoom();
    this.#check();
  }

  /** What waits is run, whatever the room: the server closes. */
  end(): void {
    while (this.count > 0) this.#next()?.run();
  }

  readonly #letGoSoon = (): void => {
    if (this.#isDue) return;
    this.#isDue = true;
    this.#world.timers.endOfTurn(this.#letGo);
  };

  readonly #letGo = (): void => {
    this.#isDue = false;
    for (let count = 0; this.count > 0; count++) {
      if (this.#room.isFull) {
        this.#room.awaitRoom();
        return;
      }
      if (count === WRITES_LET_GO_MAX) {
        this.#letGoSoon();
        return;
      }
      this.#letGoUs = this.#world.clock.monotonicUs();
      this.#goOn((write) => write.run());
    }
  };

  /** Looks now and then whether there is room, and whether there was none for too long. */
  #check(): void {
    if (this.#isChecking || this.count === 0) return;
    this.#isChecking = true;
    this.#world.timers.after(ROOM_CHECK_MS, () => {
      this.#isChecking = false;
      if (!this.#room.isFull) this.#letGoSoon();
      else this.#refuseLate();
      this.#check();
    });
  }

  #refuseLate(): void {
    const lateUs = this.#world.clock.monotonicUs() - this.#timeoutMs() * ROOM_TIMEOUTS_MAX * 1000;
    if (this.#letGoUs > lateUs) return;
    for (let first = this.#waiting[this.#head]; first !== undefined && first.sinceUs <= lateUs; ) {
      this.refused++;
      this.#goOn((write) => write.refuse());
      first = this.#waiting[this.#head];
    }
  }

  #goOn(end: (write: WaitingWrite) => void): void {
    const write = this.#next();
    if (write === undefined) return;
    const { requests } = write.connection;
    const { isAlone } = requests;
    end(write);
    // Behind what runs alone requests are kept back until it is answered.
    if (!isAlone) requests.resume();
  }

  #next(): WaitingWrite | undefined {
    const write = this.#waiting[this.#head++];
    if (this.#head * 2 >= this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#head);
      this.#head = 0;
    }
    return write;
  }
}
