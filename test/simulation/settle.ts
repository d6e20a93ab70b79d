/**
 * What must come true by itself once the faults have ended: nobody reads, and yet all replicas of each key hold the same
 * bytes, no hint is left, no node keeps a copy that is not its to keep, and each tree is that of the records that are there.
 */
import { HASH_BYTES, keyHash, MerkleTree } from '../../cluster/anti-entropy/merkle-tree.js';
import type { KeyspaceRow } from '../../cluster/keyspaces/keyspaces.js';
import type { Partition } from '../../cluster/ring/slots.js';
import { objectLength, versionFingerprint } from '../../cluster/version/encoded.js';
import { checkConvergence } from './checks.js';
import type { Cluster } from './cluster.js';
import { DB, type DiskView, viewOf } from './disk-view.js';
import type { Machine } from './machine.js';
import { membershipLeft } from './settle-membership.js';

export interface SettleSurroundings {
  readonly cluster: Cluster;
  readonly rows: readonly KeyspaceRow[];
  readonly keys: readonly string[];
  readonly rowOf: (key: string) => KeyspaceRow;
}

/** What each primary of each key has on disk: by key, by host. */
export type Copies = ReadonlyMap<string, ReadonlyMap<string, Buffer | undefined>>;

export class Settlement {
  readonly #around: SettleSurroundings;

  constructor(around: SettleSurroundings) {
    this.#around = around;
  }

  /** What is not right yet; empty: the cluster has settled. */
  left(): string[] {
    const left = membershipLeft(this.#around.cluster, this.#around.rows);
    // Who should hold what is the same question at every node only then.
    if (left.length > 0) return left;
    checkConvergence(this.copies(), (text) => left.push(text));
    return [...left, ...this.#hints(), ...this.#strays(), ...this.#staleTrees()];
  }

  copies(): Copies {
    const { cluster, keys, rowOf } = this.#around;
    const views = this.#views();
    return new Map(
      keys.map((key) => {
        const primaries = cluster.primariesOf(key, rowOf(key).n);
        return [key, new Map(primaries.map((machine) => [machine.host, objectOf(views.get(machine), key)]))];
      }),
    );
  }

  #hints(): string[] {
    const left: string[] = [];
    for (const { host, node } of this.#around.cluster.machines) {
      const count = node?.hints.count ?? 0;
      if (count > 0) left.push(`hints left: ${host} holds ${count}`);
    }
    return left;
  }

  #strays(): string[] {
    const { cluster, keys, rowOf } = this.#around;
    const views = this.#views();
    const left: string[] = [];
    for (const key of keys) {
      const primaries = cluster.primariesOf(key, rowOf(key).n);
      for (const machine of cluster.machines) {
        if (!primaries.includes(machine) && views.get(machine)?.has(key) === true)
          left.push(`stray copy: ${key} at ${machine.host}`);
      }
    }
    return left;
  }

  /** Primaries of a partition then have equal trees, as they have equal records. */
  #staleTrees(): string[] {
    const { cluster } = this.#around;
    const left: string[] = [];
    for (const machine of cluster.machines) {
      const trees = new Map<Partition, MerkleTree>();
      for (const [key, record] of viewOf(machine.disk)) {
        const partition = cluster.partitionOf(key);
        const tree = trees.get(partition) ?? new MerkleTree();
        trees.set(partition, tree);
        tree.add(keyHash(DB, key), versionFingerprint(record) | 0);
      }
      for (const { partition, built, root } of machine.node?.antiEntropy.status() ?? []) {
        if (!built) left.push(`tree not built: partition ${partition} at ${machine.host}`);
        else if (root !== rootOf(trees.get(partition)))
          left.push(`stale tree: partition ${partition} at ${machine.host}`);
      }
    }
    return left;
  }

  #views(): Map<Machine, DiskView> {
    return new Map(this.#around.cluster.machines.map((machine) => [machine, viewOf(machine.disk)]));
  }
}

function objectOf(view: DiskView | undefined, key: string): Buffer | undefined {
  const record = view?.get(key);
  return record?.subarray(0, objectLength(record));
}

function rootOf(tree: MerkleTree | undefined): string {
  const root = Buffer.alloc(HASH_BYTES);
  tree?.writeRoot(root, 0);
  return root.toString('hex');
}
