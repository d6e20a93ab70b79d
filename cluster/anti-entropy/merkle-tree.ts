/**
 * HOT PATH (`add`, `remove`, `replace`). The Merkle tree of one partition, for the keys of one N: three levels, of which only the leaves are kept.
 *
 * ```
 *                    root                        XOR of the inner nodes
 *        inner 0   inner 1  ...  inner 31        XOR of its 32 leaves
 *       /  |  \                  /  |  \
 *   leaf 0 1 .. 31  ...  leaf 992 .. 1023        XOR over the keys of mix(key hash, version fingerprint): 64 bits
 * ```
 *
 * XOR takes a version out as it puts it in, so that a write changes a leaf in O(1) without knowing the leaf's other keys.
 * Inner nodes are made when they are asked for. 1024 leaves of 8 bytes: 8 KiB.
 */
import { DB_COUNT } from '../storage/layout.js';
import { readU32, readWord, writeU32 } from '../version/words.js';

export const FANOUT = 32;
export const LEAF_COUNT = FANOUT * FANOUT;
export const HASH_BYTES = 8;
const LEAVES_BYTES = LEAF_COUNT * HASH_BYTES;
/** What `save` gives: the leaves, then the number of keys (u32). */
export const TREE_BYTES = LEAVES_BYTES + 4;

/** What the hashes are made of. Trees of another version can't be compared, nor loaded. Rises with each change below. */
export const TREE_VERSION = 1;

const WORDS_A_LEAF = 2;
const LEAF_MASK = LEAF_COUNT - 1;

/** 32 bits (signed, never 0) of a key, a binary string, and its database: FNV-1a, then the finish of MurmurHash3. */
export function keyHash(db: number, key: string): number {
  let hash = 0x811c9dc5 ^ (db + DB_COUNT * key.length);
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16) || 1;
}

/** The leaf of the keys with this hash. */
export function leafOf(hash: number): number {
  return hash & LEAF_MASK;
}

export class MerkleTree {
  readonly #leaves = new Int32Array(LEAF_COUNT * WORDS_A_LEAF);

  #keys = 0;

  /** Keys whose versions are in. */
  get keys(): number {
    return this.#keys;
  }

  /** A key came, with a version of this fingerprint. */
  add(hash: number, fingerprint: number): void {
    this.#keys++;
    this.#toggle(hash, fingerprint);
  }

  /** A key went; `fingerprint` is that of its version. */
  remove(hash: number, fingerprint: number): void {
    this.#keys--;
    this.#toggle(hash, fingerprint);
  }

  /** The version of a key is another. */
  replace(hash: number, before: number, after: number): void {
    this.#toggle(hash, before);
    this.#toggle(hash, after);
  }

  /** Writes the 8 bytes of the root. */
  writeRoot(out: Buffer, at: number): void {
    this.#writeXor(0, LEAF_COUNT, out, at);
  }

  /** Writes the 8 bytes of inner node `inner`. */
  writeInner(inner: number, out: Buffer, at: number): void {
    this.#writeXor(inner * FANOUT, (inner + 1) * FANOUT, out, at);
  }

  /** Writes the 8 bytes of leaf `leaf`. */
  writeLeaf(leaf: number, out: Buffer, at: number): void {
    this.#writeXor(leaf, leaf + 1, out, at);
  }

  /** TREE_BYTES that `load` takes. */
  save(): Buffer {
    const bytes = Buffer.allocUnsafe(TREE_BYTES);
    for (let leaf = 0; leaf < LEAF_COUNT; leaf++) this.writeLeaf(leaf, bytes, leaf * HASH_BYTES);
    writeU32(bytes, LEAVES_BYTES, this.#keys);
    return bytes;
  }

  /** The tree that `save` gave the bytes of. */
  static load(bytes: Buffer): MerkleTree {
    const tree = new MerkleTree();
    for (let word = 0; word < tree.#leaves.length; word++) tree.#leaves[word] = readWord(bytes, word * 4);
    tree.#keys = readU32(bytes, LEAVES_BYTES);
    return tree;
  }

  #toggle(hash: number, fingerprint: number): void {
    const at = leafOf(hash) * WORDS_A_LEAF;
    this.#leaves[at] ^= mix(hash, fingerprint);
    this.#leaves[at + 1] ^= mix(hash ^ 0x5bd1e995, fingerprint ^ 0x2545f491);
  }

  #writeXor(from: number, to: number, out: Buffer, at: number): void {
    let low = 0;
    let high = 0;
    for (let word = from * WORDS_A_LEAF; word < to * WORDS_A_LEAF; word += WORDS_A_LEAF) {
      low ^= this.#leaves[word];
      high ^= this.#leaves[word + 1];
    }
    writeU32(out, at, low);
    writeU32(out, at + 4, high);
  }
}

/** 32 bits of two words: multiplications and shifts as in MurmurHash3 and xxHash. */
function mix(a: number, b: number): number {
  let hash = a ^ Math.imul(b, 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca77) ^ b;
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae3d);
  return hash ^ (hash >>> 16);
}
