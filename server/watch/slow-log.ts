import type { Clock } from '../../cluster/ports/clock.js';
import { SLOW_ARGUMENT_BYTES_MAX, SLOW_ARGUMENTS_MAX, SLOW_LEFT_MIN } from './limits.js';

const MS_PER_S = 1000;

/** One request that took long. */
export interface SlowEntry {
  /** Rises with each entry, and is not used again. */
  readonly id: number;
  /** When it was answered, in s since 1970. */
  readonly atS: number;
  readonly us: number;
  /** One char a byte. */
  readonly args: readonly string[];
  readonly address: string;
  readonly clientName: string;
}

/**
 * What `SLOWLOG` shows: the last requests that took long. Its length is cut when it grows, as in Redis. A node with more
 * requests than it can answer in time notes them all.
 */
export class SlowLog {
  /** The oldest first; those before `#first` have left. */
  #entries: SlowEntry[] = [];
  #first = 0;
  #nextId = 0;

  constructor(
    private readonly clock: Clock,
    private readonly lengthMax: () => number,
  ) {}

  get length(): number {
    return this.#entries.length - this.#first;
  }

  /** Up to `count` entries, the newest first. */
  newest(count: number): readonly SlowEntry[] {
    return this.#entries.slice(Math.max(this.#first, this.#entries.length - count)).reverse();
  }

  /**
   * Notes a request that took `us`; keeps copies of the arguments, cut as in Redis. Of the `argumentCount` arguments `args` may be the
   * first SLOW_ARGUMENTS_MAX.
   */
  add(us: number, args: readonly Buffer[], address: string, clientName: string, argumentCount = args.length): void {
    const atS = Math.trunc(this.clock.nowMs() / MS_PER_S);
    this.#entries.push({
      id: this.#nextId++,
      atS,
      us: Math.trunc(us),
      args: cut(args, argumentCount),
      address,
      clientName,
    });
    this.#first = Math.max(this.#first, this.#entries.length - this.lengthMax());
    // In large lots: to move the others up for each would cost more than the requests.
    if (this.#first > SLOW_LEFT_MIN && this.#first * 2 > this.#entries.length) {
      this.#entries.splice(0, this.#first);
      this.#first = 0;
    }
  }

  reset(): void {
    this.#entries = [];
    this.#first = 0;
  }
}

/** `count`: of how many arguments `args` are the first. */
function cut(args: readonly Buffer[], count: number): string[] {
  const kept = count <= SLOW_ARGUMENTS_MAX ? count : SLOW_ARGUMENTS_MAX - 1;
  const texts: string[] = [];
  for (const argument of args) {
    if (texts.length === kept) break;
    texts.push(cutArgument(argument));
  }
  if (kept < count) texts.push(`... (${count - kept} more arguments)`);
  return texts;
}

/** A copy: a piece of a buffer would keep the whole alive. */
function cutArgument(argument: Buffer): string {
  const more = argument.length - SLOW_ARGUMENT_BYTES_MAX;
  if (more <= 0) return argument.toString('latin1');
  return `${argument.toString('latin1', 0, SLOW_ARGUMENT_BYTES_MAX)}... (${more} more bytes)`;
}
