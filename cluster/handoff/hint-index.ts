/** The hints that this node holds, in memory. Pure: it does not know of stores, peers or clocks. */
import { BUFFER, type Durability } from '../replica/replica.js';
import type { NodeId } from '../ring/ring.js';
import type { Partition } from '../ring/slots.js';
import type { KeyPlace } from './handoff-node.js';
import { HINT_OVERHEAD_BYTES } from './limits.js';

/** That `target` has missed writes of a key. The object itself is in this node's replica. */
export class Hint implements KeyPlace {
  /** Rises with each write that the target missed. */
  version = 0;
  /** How safe the row of this hint is in the store. BUFFER: it is not there yet. */
  durable: Durability = BUFFER;

  constructor(
    readonly target: NodeId,
    readonly partition: Partition,
    readonly db: number,
    readonly key: string,
    /** When the target began to miss writes of the key, wall clock. */
    readonly sinceMs: number,
  ) {}

  /** What counts against the bound: memory, as the object is not in the hint. */
  get bytes(): number {
    return HINT_OVERHEAD_BYTES + this.key.length;
  }
}

/** The hints for one node, as operators see them. */
export interface HintTotals {
  readonly target: NodeId;
  readonly count: number;
  /** Of the hints themselves; the objects are counted with the replica. */
  readonly bytes: number;
  /** Since when the oldest has waited, wall clock ms; 0: there is none. */
  readonly oldestMs: number;
}

class HintsOfTarget {
  readonly byPlace = new Map<string, Hint>();
  bytes = 0;
}

export class HintIndex {
  count = 0;
  bytes = 0;
  readonly #bytesMax: number;
  readonly #targets = new Map<NodeId, HintsOfTarget>();

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  find(target: NodeId, partition: Partition, db: number, key: string): Hint | undefined {
    return this.#targets.get(target)?.byPlace.get(placeOf(partition, db, key));
  }

  /** Takes a hint of which there is none yet. Answers whether there is room for it. */
  add(hint: Hint): boolean {
    if (this.bytes + hint.bytes > this.#bytesMax) return false;
    let hints = this.#targets.get(hint.target);
    if (hints === undefined) {
      hints = new HintsOfTarget();
      this.#targets.set(hint.target, hints);
    }
    hints.byPlace.set(placeOf(hint.partition, hint.db, hint.key), hint);
    hints.bytes += hint.bytes;
    this.bytes += hint.bytes;
    this.count++;
    return true;
  }

  /** Forgets the hint. Answers whether it was still held. */
  remove(hint: Hint): boolean {
    const hints = this.#targets.get(hint.target);
    const place = placeOf(hint.partition, hint.db, hint.key);
    if (hints?.byPlace.get(place) !== hint) return false;
    hints.byPlace.delete(place);
    hints.bytes -= hint.bytes;
    this.bytes -= hint.bytes;
    this.count--;
    if (hints.byPlace.size === 0) this.#targets.delete(hint.target);
    return true;
  }

  /** Whether any node has missed writes of the key. */
  isHinted({ partition, db, key }: KeyPlace): boolean {
    if (this.count === 0) return false;
    const place = placeOf(partition, db, key);
    for (const hints of this.#targets.values()) if (hints.byPlace.has(place)) return true;
    return false;
  }

  /** All hints. They may be changed meanwhile. */
  *all(): Iterable<Hint> {
    for (const { byPlace } of this.#targets.values()) yield* byPlace.values();
  }

  /** How many hints there are for a node. */
  countOf(target: NodeId): number {
    return this.#targets.get(target)?.byPlace.size ?? 0;
  }

  /** The hints for a node, oldest first but for those that were read from the store. They may be changed meanwhile. */
  of(target: NodeId): Iterable<Hint> {
    return this.#targets.get(target)?.byPlace.values() ?? [];
  }

  /** Looks at every hint. */
  totals(): HintTotals[] {
    return [...this.#targets].map(([target, { byPlace, bytes }]) => {
      let oldestMs = Number.POSITIVE_INFINITY;
      for (const { sinceMs } of byPlace.values()) oldestMs = Math.min(oldestMs, sinceMs);
      return { target, count: byPlace.size, bytes, oldestMs };
    });
  }
}

/** One string for a key of a partition; of characters up to 255 only, which take a byte each. */
function placeOf(partition: Partition, db: number, key: string): string {
  return String.fromCharCode(partition >>> 8, partition & 0xff, db) + key;
}
