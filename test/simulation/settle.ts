/**
 * What must come true by itself once the faults have ended: nobody reads, and yet all replicas of each key hold the same
 * bytes, no hint is left, and no node keeps a copy that is not its to keep.
 */
import type { KeyspaceRow } from '../../cluster/coordinator/keyspaces.js';
import { objectLength } from '../../cluster/version/encoded.js';
import { checkConvergence } from './checks.js';
import type { Cluster } from './cluster.js';
import { type DiskView, viewOf } from './disk-view.js';
import type { Machine } from './machine.js';

export interface SettleSurroundings {
  readonly cluster: Cluster;
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
    const left: string[] = [];
    checkConvergence(this.copies(), (text) => left.push(text));
    return [...left, ...this.leftBehind()];
  }

  /** The hints, and the copies at nodes that do not own the key, that are still there. */
  leftBehind(): string[] {
    return [...this.#hints(), ...this.#strays()];
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

  #views(): Map<Machine, DiskView> {
    return new Map(this.#around.cluster.machines.map((machine) => [machine, viewOf(machine.disk)]));
  }
}

function objectOf(view: DiskView | undefined, key: string): Buffer | undefined {
  const record = view?.get(key);
  return record?.subarray(0, objectLength(record));
}
