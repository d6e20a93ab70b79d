/**
 * Finds where the trees of two nodes differ: the roots of all of them, then the children of those that differ, level by
 * level. Each level is asked for in as few questions as will do.
 *
 * ```
 *   roots --differ--> inner nodes --differ--> leaves --(SETTLE_MS later)--> the same leaves --still differ--> keys
 * ```
 *
 * The trees change while they are compared, and a write is at one node before it is at the other. So leaves that differ are
 * looked at twice: a cluster under load has some writes on their way at any moment, but hardly twice in the same leaf.
 */
import type { Pause } from '../background/pause.js';
import type { Partition } from '../ring/slots.js';
import { ExchangeFault } from './exchange-fault.js';
import { type LeafKeys, LeafSet } from './leaf-page.js';
import { SETTLE_MS, TREE_NODES_MAX } from './limits.js';
import type { MerkleForest } from './merkle-forest.js';
import { FANOUT, HASH_BYTES } from './merkle-tree.js';
import { hashesOf, INNERS, LEAF, LEAVES, ROOT, type TreeNodes } from './tree-nodes.js';
import type { TreePeer } from './tree-peer.js';

/** One tree, which both nodes have. */
export interface SharedTree {
  readonly n: number;
  readonly partition: Partition;
}

export interface Compared {
  /** Trees that could be compared: both nodes have them whole. */
  readonly trees: readonly SharedTree[];
  /** The leaves that differ. */
  readonly differing: readonly LeafKeys[];
}

/** Compares these trees with the peer's. Rejects with `ExchangeFault`. */
export async function compareTrees(
  forest: MerkleForest,
  peer: TreePeer,
  pause: Pause,
  shared: readonly SharedTree[],
): Promise<Compared> {
  const trees: SharedTree[] = [];
  const differing = async (asked: readonly TreeNodes[]): Promise<TreeNodes[]> => {
    const found: TreeNodes[] = [];
    for (let from = 0; from < asked.length; from += TREE_NODES_MAX) {
      const some = asked.slice(from, from + TREE_NODES_MAX);
      const theirs = await peer.treeNodes(some);
      for (const [i, nodes] of some.entries()) {
        const hashes = theirs[i];
        if (hashes === undefined || !forest.isBuilt(nodes.partition)) continue;
        if (nodes.what === ROOT) trees.push({ n: nodes.n, partition: nodes.partition });
        found.push(...next(nodes, hashesOf(forest, nodes), hashes));
      }
    }
    return found;
  };
  const roots = shared.map(({ n, partition }): TreeNodes => ({ n, partition, what: ROOT, index: 0 }));
  const leaves = await differing(await differing(await differing(roots)));
  if (leaves.length === 0) return { trees, differing: [] };
  if (!(await pause.sleep(SETTLE_MS))) throw new ExchangeFault('stopped');
  return { trees, differing: byTree(await differing(leaves)) };
}

/** What is to be asked next of the children that differ; of a leaf, the leaf itself. */
function next({ n, partition, what, index }: TreeNodes, ours: Buffer, theirs: Buffer): TreeNodes[] {
  const found: TreeNodes[] = [];
  for (let child = 0; child * HASH_BYTES < ours.length; child++) {
    const at = child * HASH_BYTES;
    if (ours.compare(theirs, at, at + HASH_BYTES, at, at + HASH_BYTES) === 0) continue;
    if (what === ROOT) found.push({ n, partition, what: INNERS, index: 0 });
    else if (what === INNERS) found.push({ n, partition, what: LEAVES, index: child });
    else if (what === LEAVES) found.push({ n, partition, what: LEAF, index: index * FANOUT + child });
    else found.push({ n, partition, what: LEAF, index });
  }
  return found;
}

function byTree(nodes: readonly TreeNodes[]): LeafKeys[] {
  const found: LeafKeys[] = [];
  for (const { n, partition, index } of nodes) {
    let last = found.at(-1);
    if (last === undefined || last.n !== n || last.partition !== partition) {
      last = { n, partition, leaves: new LeafSet() };
      found.push(last);
    }
    last.leaves.add(index);
  }
  return found;
}
