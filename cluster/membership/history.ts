/**
 * A set of events that only grows. Two histories are united by taking the events of both, so that it does not matter who
 * heard what first, or how often. Events with the same dot are the same event: the first one that is heard stays.
 */
import { createHash } from 'node:crypto';
import type { NodeId } from '../ring/ring.js';
import { compareDots, DOT_BYTES, type Dot, dotText, type MembershipEvent, writeDot } from './event.js';
import { EVENTS_MAX } from './limits.js';
import type { Member } from './membership.js';

export const DIGEST_BYTES = 8;
export const FOUNDERS_ID_BYTES = 20;

const NOBODY = Buffer.alloc(FOUNDERS_ID_BYTES);

export class History {
  readonly #byDot = new Map<string, MembershipEvent>();
  /** In the order of their dots. */
  readonly #events: MembershipEvent[] = [];
  /** XOR of a hash of each dot: no matter in which order they came. */
  readonly #digest = Buffer.alloc(DIGEST_BYTES);
  #last = 0;
  #foundersId: Buffer | undefined;

  /** All events, in the order of their dots. */
  get events(): readonly MembershipEvent[] {
    return this.#events;
  }

  /** The highest counter among them. */
  get last(): number {
    return this.#last;
  }

  /** No event fits in any more: which ones are missing may differ from node to node. */
  get isFull(): boolean {
    return this.#events.length >= EVENTS_MAX;
  }

  get(dot: Dot): MembershipEvent | undefined {
    return this.#byDot.get(dotText(dot));
  }

  /** Takes an event; the place that it got, undefined: it was known, or the history is as long as one may be. */
  add(event: MembershipEvent): number | undefined {
    const name = dotText(event.dot);
    if (this.#byDot.has(name) || this.#events.length >= EVENTS_MAX) return undefined;
    this.#byDot.set(name, event);
    const place = this.#placeOf(event.dot);
    this.#events.splice(place, 0, event);
    this.#last = Math.max(this.#last, event.dot.counter);
    xorInto(this.#digest, hashOfDot(event.dot));
    if (event.content?.kind === 'found') this.#foundersId = undefined;
    return place;
  }

  /** Equal where the events are, as good as certainly. */
  get digest(): Buffer {
    return this.#digest;
  }

  #placeOf(dot: Dot): number {
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const there = this.#events[middle];
      if (there !== undefined && compareDots(there.dot, dot) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Who founded the cluster: it tells clusters apart, and never changes. */
  get foundersId(): Buffer {
    this.#foundersId ??= foundersIdOf(this.#events);
    return this.#foundersId;
  }
}

/** The nodes that founded the cluster, in the order of their ids. */
export function foundersOf(events: readonly MembershipEvent[]): Member[] {
  return events
    .flatMap(({ content }) => (content?.kind === 'found' ? [content.member] : []))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** SHA-1 over what shapes the founders' ring; ports for clients, in which lists may differ, do not. Zeros: nobody did. */
export function foundersIdOf(events: readonly MembershipEvent[]): Buffer {
  const founders = foundersOf(events);
  if (founders.length === 0) return NOBODY;
  const hash = createHash('sha1');
  for (const { id, zone, weight } of founders) hash.update(`${id} ${weight} ${zone}\n`);
  return hash.digest();
}

/** The dot of a founder's event: every node makes the same. */
export function foundingDot(id: NodeId): Dot {
  return { counter: 0, life: id.slice(0, 12) };
}

export function xorInto(sum: Buffer, term: Buffer): void {
  for (let at = 0; at < sum.length; at++) sum[at] = (sum[at] ?? 0) ^ (term[at] ?? 0);
}

function hashOfDot(dot: Dot): Buffer {
  const bytes = Buffer.alloc(DOT_BYTES);
  writeDot(bytes, 0, dot);
  return createHash('sha1').update(bytes).digest().subarray(0, DIGEST_BYTES);
}
