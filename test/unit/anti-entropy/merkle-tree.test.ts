import test from 'ava';
import fc from 'fast-check';
import {
  FANOUT,
  HASH_BYTES,
  keyHash,
  LEAF_COUNT,
  leafOf,
  MerkleTree,
  TREE_BYTES,
} from '../../../cluster/anti-entropy/merkle-tree.js';

const versions = fc.uniqueArray(fc.tuple(fc.string({ unit: 'binary-ascii' }), fc.integer()), { maxLength: 50 });

function treeOf(entries: readonly (readonly [string, number])[]): MerkleTree {
  const tree = new MerkleTree();
  for (const [key, fingerprint] of entries) tree.add(keyHash(0, key), fingerprint);
  return tree;
}

function rootOf(tree: MerkleTree): Buffer {
  const root = Buffer.alloc(HASH_BYTES);
  tree.writeRoot(root, 0);
  return root;
}

test('a tree does not depend on the order in which versions came', (t) => {
  fc.assert(
    fc.property(versions, (list) => {
      t.deepEqual(treeOf([...list].reverse()).save(), treeOf(list).save());
    }),
  );
});

test('what goes out leaves no trace', (t) => {
  fc.assert(
    fc.property(versions, versions, (stay, come) => {
      const tree = treeOf([...stay, ...come]);
      for (const [key, fingerprint] of come) tree.remove(keyHash(0, key), fingerprint);
      t.deepEqual(tree.save(), treeOf(stay).save());
    }),
  );
});

test('a version that replaces another is as if it had come alone', (t) => {
  const tree = treeOf([['a', 1]]);
  tree.replace(keyHash(0, 'a'), 1, 2);
  t.deepEqual(tree.save(), treeOf([['a', 2]]).save());
});

test('inner nodes are the XOR of their leaves, and the root that of the inner nodes', (t) => {
  const tree = treeOf(Array.from({ length: 5_000 }, (_, i) => [`key ${i}`, i * 7919] as const));
  const xorOfInners = Buffer.alloc(HASH_BYTES);
  for (let inner = 0; inner < FANOUT; inner++) {
    const xorOfLeaves = Buffer.alloc(HASH_BYTES);
    const hash = Buffer.alloc(HASH_BYTES);
    for (let leaf = inner * FANOUT; leaf < (inner + 1) * FANOUT; leaf++) {
      tree.writeLeaf(leaf, hash, 0);
      for (const [i, byte] of hash.entries()) xorOfLeaves[i] = (xorOfLeaves[i] ?? 0) ^ byte;
    }
    tree.writeInner(inner, hash, 0);
    t.deepEqual(hash, xorOfLeaves);
    for (const [i, byte] of hash.entries()) xorOfInners[i] = (xorOfInners[i] ?? 0) ^ byte;
  }
  t.deepEqual(rootOf(tree), xorOfInners);
});

test('one key changes one leaf, the one of its hash', (t) => {
  const tree = treeOf([['a', 1]]);
  const changed = Array.from({ length: LEAF_COUNT }, (_, leaf) => leaf).filter((leaf) => {
    const hash = Buffer.alloc(HASH_BYTES);
    tree.writeLeaf(leaf, hash, 0);
    return hash.some((byte) => byte !== 0);
  });
  t.deepEqual(changed, [leafOf(keyHash(0, 'a'))]);
});

test('keys are spread evenly over the leaves', (t) => {
  const counts = new Array<number>(LEAF_COUNT).fill(0);
  for (let i = 0; i < 32 * LEAF_COUNT; i++) {
    const leaf = leafOf(keyHash(i % 16, `user:${i}`));
    counts[leaf] = (counts[leaf] ?? 0) + 1;
  }
  t.true(Math.max(...counts) < 64 && Math.min(...counts) > 8);
});

test('a key has another hash in another database, and no hash is 0', (t) => {
  t.not(keyHash(0, 'key'), keyHash(1, 'key'));
  fc.assert(fc.property(fc.nat({ max: 15 }), fc.string({ unit: 'binary-ascii' }), (db, key) => keyHash(db, key) !== 0));
});

test('saved and loaded, a tree is the same, in little more than 8 KiB', (t) => {
  fc.assert(
    fc.property(versions, (list) => {
      const saved = treeOf(list).save();
      t.is(saved.length, TREE_BYTES);
      t.is(MerkleTree.load(saved).keys, list.length);
      t.deepEqual(MerkleTree.load(saved).save(), saved);
    }),
  );
});

test('the hashes are those that other nodes and earlier runs made', (t) => {
  const tree = treeOf([
    ['a', 1],
    ['b', -2],
  ]);
  t.is(keyHash(3, 'cart:42'), KEY_HASH);
  t.is(rootOf(tree).toString('hex'), ROOT);
});

// Of TREE_VERSION 1: when they change, it must rise.
const KEY_HASH = -1341198828;
const ROOT = '81271a8a5dd85ff8';
