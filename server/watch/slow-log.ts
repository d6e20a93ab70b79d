import type { Clock } from '../../cluster/ports/clock.js';
import { SLOW_ARGUMENT_BYTES_MAX, SLOW_ARGUMENTS_MAX } from './limits.js';

const MS_PER_S = 1000;

/** One request that took long. */
export interface SlowEntry {
  /** Rises with each entry, and is not used again. */
  readonly id: number;
  /** When it was answered, in s since 1970. */
  readonly atS: number;
  readonly us: number;
  readonly args: readonly Buffer[];
  readonly address: string;
  readonly clientName: string;
}

/** What `SLOWLOG` shows: the last requests that took long. Its length is cut when it grows, as in Redis. */
export class SlowLog {
  /** The oldest first. */
  #entries: SlowEntry[] = [];
  #nextId = 0;

  constructor(
    private readonly clock: Clock,
    private readonly lengthMax: () => number,
  ) {}

  get length(): number {
    return this.#entries.length;
  }

  /** Up to `count` entries, the newest first. */
  newest(count: number): readonly SlowEntry[] {
    return this.#entries.slice(Math.max(0, this.#entries.length - count)).reverse();
  }

  /** Notes a request that took `us`; keeps copies of the arguments, cut as in Redis. */
  add(us: number, args: readonly Buffer[], address: string, clientName: string): void {
    const atS = Math.trunc(this.clock.nowMs() / MS_PER_S);
    this.#entries.push({ id: this.#nextId++, atS, us: Math.trunc(us), args: cut(args), address, clientName });
    const excess = this.#entries.length - this.lengthMax();
    if (excess > 0) this.#entries.splice(0, excess);
  }

  reset(): void {
    this.#entries = [];
  }
}

function cut(args: readonly Buffer[]): Buffer[] {
  if (args.length <= SLOW_ARGUMENTS_MAX) return args.map(cutArgument);
  const kept = args.slice(0, SLOW_ARGUMENTS_MAX - 1);
  return [...kept.map(cutArgument), Buffer.from(`... (${args.length - kept.length} more arguments)`)];
}

/** A copy: a piece of a buffer would keep the whole alive. */
function cutArgument(argument: Buffer): Buffer {
  const more = argument.length - SLOW_ARGUMENT_BYTES_MAX;
  if (more <= 0) return Buffer.from(argument);
  return Buffer.concat([argument.subarray(0, SLOW_ARGUMENT_BYTES_MAX), Buffer.from(`... (${more} more bytes)`)]);
}
