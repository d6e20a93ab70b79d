/** How far transfers have come, for operators. Pure: it is told the time. */
import type { NodeId } from '../ring/ring.js';
import { RATE_SECONDS } from './limits.js';

/** What this node takes from, or gives to, one other node. */
export interface TransferProgress {
  readonly direction: 'incoming' | 'outgoing';
  readonly peer: NodeId;
  /** A partition counts once for each N that keyspaces have. */
  readonly partitionsDone: number;
  readonly partitionsTotal: number;
  /** Moved so far, and of late. */
  readonly keys: number;
  readonly bytes: number;
  readonly keysPerSecond: number;
  readonly bytesPerSecond: number;
  /** Until all are done, at the pace so far. Undefined: it can't be told yet. */
  readonly etaSeconds: number | undefined;
  /** Wall clock, ms. */
  readonly startedMs: number;
  /** Since when (wall clock, ms) this node waits for the other one, which is down. Undefined: it does not. */
  readonly waitsSinceMs: number | undefined;
}

const US_PER_S = 1_000_000;

/** What moved in the last seconds: a bucket for each, by the second of the monotonic clock. */
class Rate {
  readonly #sums = new Float64Array(RATE_SECONDS);
  readonly #seconds = new Float64Array(RATE_SECONDS).fill(-1);

  add(amount: number, nowUs: number): void {
    const second = Math.floor(nowUs / US_PER_S);
    const at = second % RATE_SECONDS;
    if (this.#seconds[at] !== second) this.#sums[at] = 0;
    this.#seconds[at] = second;
    this.#sums[at] = (this.#sums[at] ?? 0) + amount;
  }

  /** A second; `sinceUs`: when it began. */
  perSecond(nowUs: number, sinceUs: number): number {
    const second = Math.floor(nowUs / US_PER_S);
    let sum = 0;
    for (const [at, amount] of this.#sums.entries()) {
      if ((this.#seconds[at] ?? -1) > second - RATE_SECONDS) sum += amount;
    }
    return sum / Math.min(RATE_SECONDS, Math.max(1, (nowUs - sinceUs) / US_PER_S));
  }
}

/** The transfers between this node and one other, one way, from the first page on. */
class Course {
  keys = 0;
  bytes = 0;
  readonly done = new Set<number>();
  readonly keyRate = new Rate();
  readonly byteRate = new Rate();

  constructor(
    readonly startedMs: number,
    readonly startedUs: number,
  ) {}
}

/** All transfers of one direction. */
export class Courses {
  readonly #direction: TransferProgress['direction'];
  readonly #courses = new Map<NodeId, Course>();

  constructor(direction: TransferProgress['direction']) {
    this.#direction = direction;
  }

  /** A page went between this node and `peer`. */
  moved(peer: NodeId, keys: number, bytes: number, now: { nowMs: number; nowUs: number }): void {
    const course = this.#begin(peer, now);
    course.keys += keys;
    course.bytes += bytes;
    course.keyRate.add(keys, now.nowUs);
    course.byteRate.add(bytes, now.nowUs);
  }

  /** A partition went whole. */
  done(peer: NodeId, place: number, now: { nowMs: number; nowUs: number }): void {
    this.#begin(peer, now).done.add(place);
  }

  /**
   * What there is to tell; `left`: what is still to be moved; `waits`: since when nodes that are down are waited for. A course
   * of which nothing is left is forgotten.
   */
  report(
    left: ReadonlyMap<NodeId, ReadonlySet<number>>,
    now: { nowMs: number; nowUs: number },
    waits: ReadonlyMap<NodeId, { readonly sinceMs: number }> = new Map(),
  ): TransferProgress[] {
    for (const [peer, places] of left) if (places.size > 0) this.#begin(peer, now);
    const told: TransferProgress[] = [];
    for (const [peer, course] of this.#courses) {
      const waiting = [...(left.get(peer) ?? [])].filter((place) => !course.done.has(place)).length;
      if ((left.get(peer)?.size ?? 0) === 0) {
        this.#courses.delete(peer);
        continue;
      }
      told.push({
        direction: this.#direction,
        peer,
        partitionsDone: course.done.size,
        partitionsTotal: course.done.size + waiting,
        keys: course.keys,
        bytes: course.bytes,
        keysPerSecond: course.keyRate.perSecond(now.nowUs, course.startedUs),
        bytesPerSecond: course.byteRate.perSecond(now.nowUs, course.startedUs),
        etaSeconds: waits.has(peer) ? undefined : etaSeconds(course, waiting, now.nowUs),
        startedMs: course.startedMs,
        waitsSinceMs: waits.get(peer)?.sinceMs,
      });
    }
    return told;
  }

  #begin(peer: NodeId, { nowMs, nowUs }: { nowMs: number; nowUs: number }): Course {
    let course = this.#courses.get(peer);
    if (course === undefined) {
      course = new Course(nowMs, nowUs);
      this.#courses.set(peer, course);
    }
    return course;
  }
}

function etaSeconds({ done, startedUs }: Course, waiting: number, nowUs: number): number | undefined {
  if (waiting === 0) return 0;
  if (done.size === 0) return undefined;
  return Math.ceil((((nowUs - startedUs) / US_PER_S) * waiting) / done.size);
}
