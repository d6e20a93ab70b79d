/**
 * HOT PATH (`changed`). The Merkle trees of a node: one for each partition and N.
 *
 * Keyspaces differ in N, so a node may be a primary of some keys of a partition and not of others. Each key therefore counts
 * in the tree of its own N, and nodes at places i and j of a preference list compare the trees with N > max(i, j): those
 * that hold the keys of which both are primaries.
 *
 * The trees of a partition can be used once they are built: when all records have been found, or when they were loaded.
 *
 * ```
 *   nothing --begin--> building --complete--> built
 *      ^                  | suspend             ^
 *      +------------------+       loaded -------+
 * ```
 */
import type { Keyspaces } from '../keyspaces/keyspaces.js';
import type { ObservedKey, RecordObserver } from '../replica/record-observer.js';
import type { Partition } from '../ring/slots.js';
import { versionFingerprint } from '../version/encoded.js';
import { keyHash, MerkleTree } from './merkle-tree.js';

const NOTHING = 0;
const BUILDING = 1;
const BUILT = 2;

/** Stands for the tree of a partition without keys. Nothing is put into it. */
const EMPTY = new MerkleTree();

export class MerkleForest implements RecordObserver {
  readonly partitionCount: number;
  /** Each N that a keyspace has, ascending. */
  readonly ns: readonly number[];

  readonly #keyspaces: Keyspaces;
  readonly #states: Uint8Array;
  /** By place of the N in `ns`, then partition; made with the first key. */
  readonly #trees: (MerkleTree | undefined)[];

  constructor(partitionCount: number, keyspaces: Keyspaces) {
    this.partitionCount = partitionCount;
    this.#keyspaces = keyspaces;
    this.ns = keyspaces.ns;
    this.#states = new Uint8Array(partitionCount);
    this.#trees = new Array(this.ns.length * partitionCount).fill(undefined);
  }

  isBuilt(partition: Partition): boolean {
    return this.#states[partition] === BUILT;
  }

  /** The tree of the keys of N = `n`. Changes with every write; means something only while `isBuilt`. */
  tree(n: number, partition: Partition): MerkleTree {
    return this.#trees[this.#index(this.ns.indexOf(n), partition)] ?? EMPTY;
  }

  /** Keys of the partition, of all N. */
  keys(partition: Partition): number {
    let keys = 0;
    for (const n of this.ns) keys += this.tree(n, partition).keys;
    return keys;
  }

  /** Takes the trees of a partition, by N, as they were at a clean stop; those of other N are without keys. */
  loaded(partition: Partition, trees: ReadonlyMap<number, MerkleTree>): void {
    this.#states[partition] = BUILT;
    for (const [place, n] of this.ns.entries()) this.#trees[this.#index(place, partition)] = trees.get(n);
  }

  begin(partition: Partition): void {
    if (this.isBuilt(partition)) return;
    this.#clear(partition);
    this.#states[partition] = BUILDING;
  }

  found(partition: Partition, db: number, key: string, record: Buffer): void {
    if (this.isBuilt(partition)) return;
    this.#treeOf(partition, key).add(keyHash(db, key), versionFingerprint(record) | 0);
  }

  complete(partition: Partition): void {
    this.#states[partition] = BUILT;
  }

  suspend(partition: Partition): void {
    if (this.isBuilt(partition)) return;
    this.#clear(partition);
    this.#states[partition] = NOTHING;
  }

  changed(key: ObservedKey, before: Buffer | undefined, after: Buffer | undefined): void {
    if (this.#states[key.partition] === NOTHING) {
      key.fingerprint = 0;
      return;
    }
    if (key.keyHash === 0) key.keyHash = keyHash(key.db, key.key);
    const tree = this.#treeOf(key.partition, key.key);
    // Most writes replace a record that this has seen come: its fingerprint need not be made again.
    const was = before === undefined ? 0 : key.fingerprint || versionFingerprint(before) | 0;
    key.fingerprint = after === undefined ? 0 : versionFingerprint(after) | 0;
    if (before === undefined && after !== undefined) tree.add(key.keyHash, key.fingerprint);
    else if (after !== undefined) tree.replace(key.keyHash, was, key.fingerprint);
    else if (before !== undefined) tree.remove(key.keyHash, was);
  }

  /** The N whose trees the key counts in. */
  nOf(key: string): number {
    return this.#keyspaces.of(key).n;
  }

  #treeOf(partition: Partition, key: string): MerkleTree {
    const place = this.ns.length === 1 ? 0 : this.ns.indexOf(this.nOf(key));
    const index = this.#index(place, partition);
    let tree = this.#trees[index];
    if (tree === undefined) {
      tree = new MerkleTree();
      this.#trees[index] = tree;
    }
    return tree;
  }

  #clear(partition: Partition): void {
    for (let place = 0; place < this.ns.length; place++) this.#trees[this.#index(place, partition)] = undefined;
  }

  #index(place: number, partition: Partition): number {
    return place * this.partitionCount + partition;
  }
}
