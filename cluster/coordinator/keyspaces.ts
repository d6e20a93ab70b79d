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

/** A keyspace as it works in a cluster of the present size: no quorum is larger than the cluster. */
export class Keyspaces {
  readonly #rows: readonly KeyspaceRow[];
  readonly #default: KeyspaceRow;
  readonly #onlyDefault: boolean;

  /** `rows` must include the default keyspace (prefix ''). `nodeCount` caps n, r and w. */
  constructor(rows: readonly KeyspaceRow[], nodeCount: number) {
    const capped = rows.map((row) => ({
      ...row,
      n: Math.min(row.n, nodeCount),
      r: Math.min(row.r, nodeCount),
      w: Math.min(row.w, nodeCount),
    }));
    this.#rows = capped.sort((a, b) => b.prefix.length - a.prefix.length);
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
