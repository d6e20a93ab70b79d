/**
 * The one timer of all the links that a node has dialled. A link on which something is due (a request waits for its reply, a
 * handshake or a PING is under way) is attended: looked at in every tick. The others are looked at in turn, each the less often
 * the more there are: what idle links cost a node is much the same in a cluster of ten and of a hundred. Ticks in which no link
 * would be looked at are left out.
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
/** No more ticks than this are left out, so that links which come meanwhile have their turn soon. */
const TICKS_LEFT_OUT_MAX = 10;
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
  #timer: Timer | undefined;
  /** In so many ticks the timer goes off. */
  #ticks = 0;
  /** When it was set. */
  #setUs = 0;
  #skippedTick = false;

  constructor(world: Pick<World, 'clock' | 'timers'>, requestTimeoutMs: number) {
    this.#world = world;
    this.tickMs = Math.min(TICK_MAX_MS, Math.max(TICK_MIN_MS, Math.floor(requestTimeoutMs / TICKS_PER_TIMEOUT)));
  }

  add(link: WatchedLink): void {
    this.#links.push(link);
    if (this.#timer === undefined) this.#set();
  }

  remove(link: WatchedLink): void {
    const at = this.#links.indexOf(link);
    if (at >= 0) this.#links.splice(at, 1);
    if (this.#links.length > 0) return;
    this.#timer?.stop();
    this.#timer = undefined;
  }

  /** HOT PATH. Something is due on the link: it is looked at from the next tick on. */
  attend(link: WatchedLink): void {
    if (link.attended) return;
    link.attended = true;
    this.#attended.push(link);
    if (this.#ticks > 1) this.#hurry();
  }

  /** Sets the timer for the next tick in which there is a link to look at. */
  #set(): void {
    this.#ticks = this.#attended.length > 0 ? 1 : this.#ticksToIdle();
    this.#setUs = this.#world.clock.monotonicUs();
    this.#timer = this.#world.timers.after(this.#ticks * this.tickMs, this.#ring);
  }

  /** A tick that would have been left out is needed: the next one. */
  #hurry(): void {
    if (this.#timer === undefined) return;
    const sinceMs = (this.#world.clock.monotonicUs() - this.#setUs) / 1000;
    const ticks = Math.floor(sinceMs / this.tickMs) + 1;
    if (ticks >= this.#ticks) return;
    this.#timer.stop();
    this.#ticks = ticks;
    this.#timer = this.#world.timers.after(ticks * this.tickMs - sinceMs, this.#ring);
  }

  readonly #ring = (): void => {
    this.#timer = undefined;
    this.#tick();
    // A look may have added a link, or removed the last one.
    if (this.#timer === undefined && this.#links.length > 0) this.#set();
  };

  #tick(): void {
    const nowUs = this.#world.clock.monotonicUs();
    const late = nowUs - this.#setUs > (this.#ticks - 1 + LATE_TICKS) * this.tickMs * 1000;
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
    this.#due += this.#ticks * this.#idleLooksATick();
    if (this.#due < this.#looksAtOnce()) return;
    for (; this.#due >= 1; this.#due--) {
      // A look may remove links.
      this.#turn = (this.#turn + 1) % Math.max(1, links.length);
      const link = links[this.#turn];
      if (link !== undefined && !link.attended && link.look(nowUs)) this.attend(link);
    }
  }

  /** After how many ticks idle links have their turn. */
  #ticksToIdle(): number {
    const ticks = Math.ceil((this.#looksAtOnce() - this.#due) / this.#idleLooksATick());
    return Math.min(TICKS_LEFT_OUT_MAX, Math.max(1, ticks));
  }

  /** How many idle links, and parts of one, come due in a tick. */
  #idleLooksATick(): number {
    const count = this.#links.length;
    return count / Math.max(1, idleLookPeriodMs(count) / this.tickMs);
  }

  /** What leaves together costs less. */
  #looksAtOnce(): number {
    return Math.min(LOOKS_AT_ONCE, this.#links.length);
  }
}
