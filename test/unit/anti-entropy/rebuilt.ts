import { MerkleForest } from '../../../cluster/anti-entropy/merkle-forest.js';
import { Keyspaces } from '../../../cluster/keyspaces/keyspaces.js';
import type { Replica } from '../../../cluster/replica/replica.js';
import type { Partition } from '../../../cluster/ring/slots.js';

/** Keys have an N of 3, those that begin with `two:` of 2. */
export const keyspaces = new Keyspaces([
  { prefix: '', n: 3, r: 2, w: 2, reconcile: 'newest', durability: 'log', sloppy: true },
  { prefix: 'two:', n: 2, r: 1, w: 1, reconcile: 'newest', durability: 'log', sloppy: true },
]);

/** All trees of a forest, partition after partition. */
export function treesOf(forest: MerkleForest): string[] {
  const trees: string[] = [];
  for (let partition = 0; partition < forest.partitionCount; partition++) {
    for (const n of forest.ns) {
      trees.push(
        forest
          .tree(n, partition as Partition)
          .save()
          .toString('base64'),
      );
    }
  }
  return trees;
}

/** The trees of what a replica holds, made from nothing but that. */
export async function rebuiltTrees(replica: Replica, partitionCount: number): Promise<string[]> {
  const forest = new MerkleForest(partitionCount, keyspaces);
  for (let i = 0; i < partitionCount; i++) {
    const partition = i as Partition;
    forest.begin(partition);
    await replica.scans.scanPartition(partition, (rows) => {
      for (const { db, key, record } of rows) forest.found(partition, db, key, record);
      return true;
    });
    forest.complete(partition);
  }
  return treesOf(forest);
}
