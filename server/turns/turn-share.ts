/** HOT PATH. */
import type { Clock } from '../../cluster/ports/clock.js';
import type { Timers } from '../../cluster/ports/timers.js';
import { CLIENT_TURN_US, CLIENTS_TURN_US } from './limits.js';

/** Who has requests left when the time of a turn is spent. */
export interface TurnGuest {
  /** Runs the requests that were kept back. */
  goOnInTurn(): void;
}

/**
 * How long the short requests of all clients may take of one turn of the event loop, and those of one client at a stretch. Each is
 * soon done, but a client may send thousands of the costly ones at once. It counts the time that passed up to the last answer that
 * was given at once, which is measured in any case: a request that asks other nodes costs this one little, and a connection has few.
 */
export class TurnShare {
  readonly #timers: Timers;
  readonly #clock: Clock;
  /** What those took who were served in this turn before. */
  #spentUs = 0;
  #startUs = 0;
  #lastUs = 0;
  #isServing = false;
  #guests: TurnGuest[] = [];
  #isDue = false;

  constructor(timers: Timers, clock: Clock) {
    this.#timers = timers;
    this.#clock = clock;
  }

  /** Whether the requests of a client are being run. */
  get isServing(): boolean {
    return this.#isServing;
  }

  /** Requests of a client are run from now on, until `end`; whether there is time for any. */
  begin(nowUs: number): boolean {
    this.#isServing = true;
    this.#startUs = nowUs;
    this.#lastUs = nowUs;
    return this.#spentUs < CLIENTS_TURN_US;
  }

  end(): void {
    this.#isServing = false;
    this.#spentUs += this.#lastUs - this.#startUs;
    this.#startUs = this.#lastUs;
  }

  /** A request was answered then. */
  note(nowUs: number): void {
    if (this.#isServing) this.#lastUs = nowUs;
  }

  /** Whether the client that is being served should wait for the next turn. */
  get isSpent(): boolean {
    const ownUs = this.#lastUs - this.#startUs;
    return ownUs >= CLIENT_TURN_US || this.#spentUs + ownUs >= CLIENTS_TURN_US;
  }

  /** The turn ends here: those who are served from now on have all of the next. */
  turnEnded(): void {
    this.#spentUs = 0;
    this.#startUs = this.#lastUs;
  }

  /** `guest` goes on in a turn to come, behind those who wait already. To be called once until then. */
  defer(guest: TurnGuest): void {
    this.#guests.push(guest);
    this.#callLater();
  }

  #callLater(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    this.#timers.endOfTurn(this.#serve);
  }

  readonly #serve = (): void => {
    // What is deferred meanwhile waits with those that are not served: it is called for below.
    this.turnEnded();
    const guests = this.#guests;
    this.#guests = [];
    let at = 0;
    while (at < guests.length && this.begin(this.#clock.monotonicUs())) {
      guests[at++]?.goOnInTurn();
      this.end();
    }
    this.#isServing = false;
    // Who was not served goes before those who have more to do.
    this.#guests = [...guests.slice(at), ...this.#guests];
    this.#isDue = false;
    if (this.#guests.length > 0) this.#callLater();
  };
}
