/**
 * What the clients asked for and what they were told: every write with a name of its own, the time at which it was begun,
 * and when and how it ended. Nothing here is known from the nodes but their replies.
 */

/**
 * How a write ended. `without effect`: a delete that found nothing to delete. `unknown`: it may have taken effect, or still
 * take effect at any later time.
 */
export type Outcome = 'under way' | 'acknowledged' | 'without effect' | 'refused' | 'unknown';

/** `fleeting`: a SET of a value that expires soon. `add`: an INCRBY. */
export type WriteKind = 'set' | 'fleeting' | 'delete' | 'add';

export interface Write {
  /** Different for each write; the first word of the value that it writes. */
  readonly id: string;
  readonly key: string;
  readonly kind: WriteKind;
  readonly port: number;
  readonly startMs: number;
  outcome: Outcome;
  /** When the reply came; Infinity where the outcome is unknown: it may end at any time. */
  endMs: number;
}

/** A write to a cart, which replaces what the client was shown by that and a change. */
export interface CartWrite extends Write {
  /** What it leaves in the cart; an item that it adds has the name of the write. */
  readonly items: readonly string[];
  /** Items that its client had been shown and takes out. */
  readonly removed: readonly string[];
}

/** What is added to a number. */
export interface Addition extends Write {
  readonly amount: number;
}

export class Ledger {
  readonly #additions = new Map<string, Addition[]>();
  readonly #writes = new Map<string, Write[]>();
  readonly #carts = new Map<string, CartWrite[]>();
  #count = 0;

  /** Plain keys that were written or deleted. */
  plainKeys(): readonly string[] {
    return [...this.#writes.keys()];
  }

  cartKeys(): readonly string[] {
    return [...this.#carts.keys()];
  }

  /** Keys that hold numbers, which clients only add to. */
  countedKeys(): readonly string[] {
    return [...this.#additions.keys()];
  }

  additionsTo(key: string): readonly Addition[] {
    return this.#additions.get(key) ?? [];
  }

  writesOf(key: string): readonly Write[] {
    return this.#writes.get(key) ?? [];
  }

  cartWritesOf(key: string): readonly CartWrite[] {
    return this.#carts.get(key) ?? [];
  }

  /** A client is about to set or delete a plain key. */
  begin(key: string, kind: WriteKind, port: number, startMs: number): Write {
    const write: Write = { ...this.#base(key, port, startMs), kind };
    append(this.#writes, write);
    return write;
  }

  /** A client is about to add to a number. */
  beginAddition(key: string, amount: number, port: number, startMs: number): Addition {
    const addition = { ...this.#base(key, port, startMs), kind: 'add' as const, amount };
    append(this.#additions, addition);
    return addition;
  }

  /**
   * A client that was shown `items` is about to write a cart: without those that it takes out, or, where it takes out none,
   * with one more.
   */
  beginCart(
    key: string,
    items: readonly string[],
    removed: readonly string[],
    port: number,
    startMs: number,
  ): CartWrite {
    const base = this.#base(key, port, startMs);
    const kept = items.filter((item) => !removed.includes(item));
    const kind = 'set' as const;
    const write = { ...base, kind, items: removed.length === 0 ? [...kept, base.id] : kept, removed };
    append(this.#carts, write);
    return write;
  }

  #base(key: string, port: number, startMs: number): Omit<Write, 'kind'> {
    const id = `w${(this.#count++).toString(36)}`;
    return { id, key, port, startMs, outcome: 'under way', endMs: Number.POSITIVE_INFINITY };
  }
}

function append<W extends Write>(byKey: Map<string, W[]>, write: W): void {
  const writes = byKey.get(write.key);
  if (writes === undefined) byKey.set(write.key, [write]);
  else writes.push(write);
}

/** The value of a write: its name, and what else it has to say. */
export function valueFrom(id: string, rest: string): string {
  return `${id}.${rest}`;
}

/** The name of the write that a value comes from. */
export function idIn(value: string): string {
  return value.split('.', 1)[0] ?? '';
}

/** The items of a cart's value. */
export function itemsIn(value: string): string[] {
  return value
    .slice(value.indexOf('.') + 1)
    .split(',')
    .filter((item) => item !== '');
}
