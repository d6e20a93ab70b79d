/**
 * When a forwarded operation was sent, and how late it arrives. One that is run long after it was sent, by a node that stood still
 * or over a link that held it back, may have been given up, run elsewhere and superseded by now: it would put an old value
 * over newer ones. So the node that hands it over says until when it waits, and no later may it be begun.
 *
 * Wall clocks are not compared. The two nodes' monotonic clocks differ by an unknown amount, which the least delay seen
 * between them tells: an operation is late by what its delay is above that.
 *
 * ```
 *   stamp:  process u32, drawn at its start | sent u64, µs on its monotonic clock | within u32, ms
 * ```
 */
import type { Clock } from '../../ports/clock.js';
import type { NodeId } from '../../ring/ring.js';
import { readU32, readU64, writeU32, writeU64 } from '../../version/words.js';
import type { Peer } from '../../wire/peer.js';
import { type AnswerQuery, QUERY_KIND } from '../../wire/queries.js';
import { UNHEARD } from '../unheard.js';

export const STAMP_BYTES = 16;
/** What two monotonic clocks may drift apart. */
const DRIFT = 0.001;

export interface Stamp {
  /** Monotonic clocks are those of one process. */
  readonly process: number;
  readonly sentUs: number;
  readonly withinMs: number;
}

export function encodeStamp({ process, sentUs, withinMs }: Stamp): Buffer {
  const bytes = Buffer.allocUnsafe(STAMP_BYTES);
  writeU32(bytes, 0, process);
  writeU64(bytes, 4, Math.floor(sentUs));
  writeU32(bytes, 12, withinMs);
  return bytes;
}

/** The stamp that `body` begins with; undefined where it is too short. */
export function decodeStamp(body: Buffer): Stamp | undefined {
  if (body.length < STAMP_BYTES) return undefined;
  return { process: readU32(body, 0), sentUs: readU64(body, 4), withinMs: readU32(body, 12) };
}

/** The delay of one node's stamps that was the least, and when it was seen. */
interface Baseline {
  readonly process: number;
  delayUs: number;
  seenUs: number;
}

/** What tells a peer, as soon as a link to it stands, what delay to expect: the body of `QUERY_KIND.stamp`. */
export function greetWithStamp(peer: Peer, clock: Clock, { process, withinMs }: Omit<Stamp, 'sentUs'>): void {
  const stamp = encodeStamp({ process, sentUs: clock.monotonicUs(), withinMs });
  peer.query(UNHEARD, Buffer.concat([Buffer.of(QUERY_KIND.stamp), stamp]));
}

/** Answers `QUERY_KIND.stamp`. */
export function answerStamp(lateness: Lateness): AnswerQuery {
  return (from, body, answer) => {
    const stamp = decodeStamp(body);
    if (stamp !== undefined) lateness.isLate(from, stamp);
    answer(Buffer.alloc(0));
  };
}

/** A moment on the monotonic clock that never comes. */
export const NEVER_US = Number.POSITIVE_INFINITY;

/** HOT PATH. Whether `us` on the monotonic clock is over; NEVER_US never is, and costs no look at the clock. */
export function isPast(us: number, node: { readonly world: { readonly clock: Clock } }): boolean {
  return us !== NEVER_US && node.world.clock.monotonicUs() > us;
}

/** How late the operations of other nodes arrive. */
export class Lateness {
  readonly #clock: Clock;
  readonly #baselines = new Map<NodeId, Baseline>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Whether what `from` has stamped arrives when it may have been given up. The first stamp of a process is never late:
   * a node sends one as soon as a link stands.
   */
  isLate(from: NodeId, stamp: Stamp): boolean {
    return this.leftUs(from, stamp) < 0;
  }

  /** For how long from now the operation may still be begun, in µs; less than 0: it is late. */
  leftUs(from: NodeId, { process, sentUs, withinMs }: Stamp): number {
    const nowUs = this.#clock.monotonicUs();
    const delayUs = nowUs - sentUs;
    const baseline = this.#baselines.get(from);
    if (baseline === undefined || baseline.process !== process) {
      this.#baselines.set(from, { process, delayUs, seenUs: nowUs });
      return withinMs * 1000;
    }
    const lateUs = Math.max(0, delayUs - baseline.delayUs);
    // It may be the clocks that have drifted apart, and not this one that is late. That is known with the next one.
    if (lateUs <= (nowUs - baseline.seenUs) * DRIFT) {
      baseline.delayUs = delayUs;
      baseline.seenUs = nowUs;
    }
    return withinMs * 1000 - lateUs;
  }
}
