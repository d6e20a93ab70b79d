/**
 * The trees of a node that was stopped in good order, in its store. They are taken out at the next start, before anything
 * can be written: after a crash there are none, and the warm-up builds them anew.
 *
 * | kind | key | value |
 * |---|---|---|
 * | tree | partition, N in the place of the database | `MerkleTree.save` |
 * | meta | trees | TREE_VERSION u8, partitions that were built (bit i of byte i / 8), the N of each prefix (JSON) |
 *
 * The meta row is written last and removed first: without it the others mean nothing.
 */
import type { Keyspaces } from '../keyspaces/keyspaces.js';
import type { Log } from '../ports/log.js';
import { type Store, StoreError, type StoreWrite } from '../ports/store.js';
import type { Partition } from '../ring/slots.js';
import { kindRange, STORAGE_KIND, storageKey, storedDb, storedPartition } from '../storage/layout.js';
import { SAVE_TREES } from './limits.js';
import type { MerkleForest } from './merkle-forest.js';
import { MerkleTree, TREE_BYTES, TREE_VERSION } from './merkle-tree.js';

const HEADER_KEY = storageKey(STORAGE_KIND.meta, 0, 0, 'trees');

/** Writes the trees of all partitions that are built. A store that fails costs the next start a scan, and that is all. */
export async function saveForest(store: Store, log: Log, forest: MerkleForest, keyspaces: Keyspaces): Promise<void> {
  try {
    let writes: StoreWrite[] = [];
    for (let i = 0; i < forest.partitionCount; i++) {
      const partition = i as Partition;
      if (!forest.isBuilt(partition)) continue;
      for (const n of forest.ns) {
        const tree = forest.tree(n, partition);
        if (tree.keys > 0) writes.push({ key: storageKey(STORAGE_KIND.tree, partition, n, ''), value: tree.save() });
      }
      if (writes.length < SAVE_TREES) continue;
      await write(store, writes, false);
      writes = [];
    }
    await write(store, [...writes, { key: HEADER_KEY, value: header(forest, keyspaces) }], true);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    log.warn({ reason: error.message }, 'the Merkle trees could not be saved; the next start builds them anew');
  }
}

/**
 * Takes the saved trees out of the store and, unless `discard`, into the forest. To be called before any record can change.
 * Rejects with `StoreError`.
 */
export async function takeSavedForest(
  store: Store,
  log: Log,
  forest: MerkleForest,
  keyspaces: Keyspaces,
  discard: boolean,
): Promise<void> {
  const saved = await read(store, HEADER_KEY);
  if (saved !== undefined) await write(store, [{ key: HEADER_KEY, value: undefined }], true);
  const isUsable = !discard && saved !== undefined && isSameHeader(saved, forest, keyspaces);
  const trees = await takeTrees(store, forest, isUsable);
  if (!isUsable) return;
  for (let i = 0; i < forest.partitionCount; i++) {
    const partition = i as Partition;
    if (wasBuilt(saved, partition)) forest.loaded(partition, trees.get(partition) ?? new Map());
  }
  log.info({ partitions: trees.size }, 'the Merkle trees of the last run are good');
}

/** Removes all rows of trees; gives them by partition and N, with `keep`. */
async function takeTrees(
  store: Store,
  forest: MerkleForest,
  keep: boolean,
): Promise<Map<Partition, Map<number, MerkleTree>>> {
  const trees = new Map<Partition, Map<number, MerkleTree>>();
  const { from, to } = kindRange(STORAGE_KIND.tree);
  const scan = store.scan(from, to);
  try {
    for (;;) {
      const rows = await scan.next(SAVE_TREES);
      for (const { key, value } of rows) {
        const partition = storedPartition(key);
        if (!keep || value.length !== TREE_BYTES || partition >= forest.partitionCount) continue;
        const ofPartition = trees.get(partition) ?? new Map<number, MerkleTree>();
        trees.set(partition, ofPartition.set(storedDb(key), MerkleTree.load(value)));
      }
      const removals = rows.map(({ key }) => ({ key, value: undefined }));
      if (removals.length > 0) await write(store, removals, false);
      if (rows.length < SAVE_TREES) return trees;
    }
  } finally {
    await scan.close();
  }
}

function header(forest: MerkleForest, keyspaces: Keyspaces): Buffer {
  const built = Buffer.alloc(builtBytes(forest));
  for (let i = 0; i < forest.partitionCount; i++) if (forest.isBuilt(i as Partition)) built[i >> 3] |= 1 << (i & 7);
  return Buffer.concat([Buffer.of(TREE_VERSION), built, keyspaceText(keyspaces)]);
}

/** Whether the trees were made of the same hashes, and of the same keys each. */
function isSameHeader(saved: Buffer, forest: MerkleForest, keyspaces: Keyspaces): boolean {
  return saved[0] === TREE_VERSION && saved.subarray(1 + builtBytes(forest)).equals(keyspaceText(keyspaces));
}

function wasBuilt(saved: Buffer, partition: Partition): boolean {
  return (saved.readUInt8(1 + (partition >> 3)) & (1 << (partition & 7))) !== 0;
}

function builtBytes(forest: MerkleForest): number {
  return Math.ceil(forest.partitionCount / 8);
}

function keyspaceText(keyspaces: Keyspaces): Buffer {
  return Buffer.from(JSON.stringify(keyspaces.rows().map(({ prefix, n }) => [prefix, n])));
}

function read(store: Store, key: Buffer): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    store.get(key, (error, value) => (error === undefined ? resolve(value) : reject(error)));
  });
}

function write(store: Store, writes: readonly StoreWrite[], sync: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    store.write(writes, sync, (error) => (error === undefined ? resolve() : reject(error)));
  });
}
