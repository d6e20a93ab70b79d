/** How many replicas, how many answers, and what to do with concurrent writes, for all keys with one prefix. */
export interface KeyspaceRow {
  /** Binary string; the longest prefix that a key begins with decides. '' is the default keyspace. */
  readonly prefix: string;
  readonly n: number;
  readonly r: number;
  readonly w: number;
  /** Whether the first N reachable nodes of the preference list take reads and writes, not the first N alone. */
  readonly sloppy: boolean;
  /** What a write without a token does: replaces what the coordinator has seen, or adds a sibling. */
  readonly reconcile: 'newest' | 'siblings';
  readonly durability: 'buffer' | 'log' | 'fsync-one' | 'fsync';
}

/** The keyspaces as they are configured. How many replicas there are in a cluster of the present size says the `Placement`. */
export class Keyspaces {
  /** Each N that a keyspace has, ascending. */
  readonly ns: readonly number[];
  readonly #rows: readonly KeyspaceRow[];
  readonly #default: KeyspaceRow;
  readonly #onlyDefault: boolean;

  /** `rows` must include the default keyspace (prefix ''). */
  constructor(rows: readonly KeyspaceRow[]) {
    this.#rows = rows.toSorted((a, b) => b.prefix.length - a.prefix.length);
    this.ns = [...new Set(rows.map(({ n }) => n))].sort((a, b) => a - b);
    const last = this.#rows[this.#rows.length - 1];
    if (last === undefined || last.prefix !== '') throw new Error('the default keyspace is missing');
    this.#default = last;
    this.#onlyDefault = this.#rows.length === 1;
  }

  /** The keyspace of a key (binary string). */
  of(key: string): KeyspaceRow {
    if (this.#onlyDefault) return this.#default;
    for (const row of this.#rows) if (key.startsWith(row.prefix)) return row;
    return this.#default;
  }

  /** Longest prefix first; the default keyspace is last. */
  rows(): readonly KeyspaceRow[] {
    return this.#rows;
  }
}
