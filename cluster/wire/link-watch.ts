/**
 * The one timer of all the links that a node has dialled. A link on which something is due (a request waits for its reply, a
 * handshake or a PING is under way) is attended: looked at in every tick. The others are looked at in turn, each the less often
 * the more there are: what idle links cost a node is much the same in a cluster of ten and of a hundred.
 *
 * ```
 *   idle --its turn, silent: PING; a request is made; the link was lost--> attended
 *   attended --nothing is due any more--> idle
 * ```
 */
import type { Timer } from '../ports/timers.js';
import type { World } from '../ports/world.js';
import { idleLookPeriodMs, TICK_MAX_MS } from './limits.js';

export interface WatchedLink {
  /** For the watch: whether it is looked at in the next tick. */
  attended: boolean;
  /** Does what is due by now, and answers whether something will be due soon. */
  look(nowUs: number): boolean;
}

const TICKS_PER_TIMEOUT = 10;
const TICK_MIN_MS = 5;
/** So many idle links have their turn together. */
const LOOKS_AT_ONCE = 5;
/** A tick that comes so many times later than it should tells that this node stood still. */
const LATE_TICKS = 3;

export class LinkWatch {
  /** How long what is due on an attended link may wait to be noticed, at the most. */
  readonly tickMs: number;
  readonly #world: Pick<World, 'clock' | 'timers'>;
  readonly #links: WatchedLink[] = [];
  #attended: WatchedLink[] = [];
  /** Takes the place of `#attended` in the next tick. */
  #spare: WatchedLink[] = [];
  #turn = 0;
  /** How many of the idle links, and parts of one, have their turn. */
  #due = 0;
  #ticks: Timer | undefined;
  #lastTickUs = 0;
  #skippedTick = false;

  constructor(world: Pick<World, 'clock' | 'timers'>, requestTimeoutMs: number) {
    this.#world = world;
    this.tickMs = Math.min(TICK_MAX_MS, Math.max(TICK_MIN_MS, Math.floor(requestTimeoutMs / TICKS_PER_TIMEOUT)));
  }

  add(link: WatchedLink): void {
    this.#links.push(link);
    if (this.#ticks !== undefined) return;
    this.#lastTickUs = this.#world.clock.monotonicUs();
    this.#ticks = this.#world.timers.every(this.tickMs, () => this.#tick());
  }

  remove(link: WatchedLink): void {
    const at = this.#links.indexOf(link);
    if (at >= 0) this.#links.splice(at, 1);
    if (this.#links.length > 0) return;
    this.#ticks?.stop();
    this.#ticks = undefined;
  }

  /** HOT PATH. Something is due on the link: it is looked at from the next tick on. */
  attend(link: WatchedLink): void {
    if (link.attended) return;
    link.attended = true;
    this.#attended.push(link);
  }

  #tick(): void {
    const nowUs = this.#world.clock.monotonicUs();
    const late = nowUs - this.#lastTickUs > this.tickMs * LATE_TICKS * 1000;
    this.#lastTickUs = nowUs;
    // This node itself was held up: what the peers have sent meanwhile is still to be read.
    this.#skippedTick = late && !this.#skippedTick;
    if (this.#skippedTick) return;
    this.#lookAtAttended(nowUs);
    this.#lookAtIdle(nowUs);
  }

  #lookAtAttended(nowUs: number): void {
    const due = this.#attended;
    this.#attended = this.#spare;
    this.#spare = due;
    for (const link of due) {
      link.attended = false;
      if (link.look(nowUs)) this.attend(link);
    }
    due.length = 0;
  }

  #lookAtIdle(nowUs: number): void {
    const links = this.#links;
    const periodTicks = Math.max(1, idleLookPeriodMs(links.length) / this.tickMs);
    this.#due += links.length / periodTicks;
    // What leaves together costs less.
    if (this.#due < Math.min(LOOKS_AT_ONCE, links.length)) return;
    for (; this.#due >= 1; this.#due--) {
      // A look may remove links.
      this.#turn = (this.#turn + 1) % Math.max(1, links.length);
      const link = links[this.#turn];
      if (link !== undefined && !link.attended && link.look(nowUs)) this.attend(link);
    }
  }
}
