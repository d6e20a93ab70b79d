/**
 * The question for nodes of trees (`QUERY_KIND.treeNodes`) and its answer.
 *
 * ```
 *   question:  TREE_VERSION u8 | count u16 | count x ( n u8 | what u8 | partition u16 | index u16 )
 *   answer:    count x ( 0 u8: the tree can't be used | 1 u8, then the hashes of `what`, 8 bytes each )
 * ```
 *
 * An empty answer: the question was malformed, too long, or about trees of another version.
 */

import type { Partition } from '../ring/slots.js';
import { FieldReader, FieldWriter, MalformedFields } from '../wire/byte-fields.js';
import type { AnswerQuery } from '../wire/queries.js';
import { TREE_NODES_MAX } from './limits.js';
import type { MerkleForest } from './merkle-forest.js';
import { FANOUT, HASH_BYTES, LEAF_COUNT, TREE_VERSION } from './merkle-tree.js';

/** What of a tree is asked for. The numbers go over the wire: append-only. */
export const ROOT = 0;
/** The 32 children of the root. */
export const INNERS = 1;
/** The 32 children of inner node `index`. */
export const LEAVES = 2;
/** Leaf `index`. */
export const LEAF = 3;

export type What = typeof ROOT | typeof INNERS | typeof LEAVES | typeof LEAF;

export interface TreeNodes {
  readonly n: number;
  readonly partition: Partition;
  readonly what: What;
  /** 0 where there is only one. */
  readonly index: number;
}

const HASHES: Record<What, number> = { [ROOT]: 1, [INNERS]: FANOUT, [LEAVES]: FANOUT, [LEAF]: 1 };
const INDEXES: Record<What, number> = { [ROOT]: 1, [INNERS]: 1, [LEAVES]: FANOUT, [LEAF]: LEAF_COUNT };
const NOTHING = Buffer.alloc(0);

/** The hashes of these nodes in this node's forest, 8 bytes each. */
export function hashesOf(forest: MerkleForest, { n, partition, what, index }: TreeNodes): Buffer {
  const tree = forest.tree(n, partition);
  const out = Buffer.allocUnsafe(HASHES[what] * HASH_BYTES);
  if (what === ROOT) tree.writeRoot(out, 0);
  else if (what === LEAF) tree.writeLeaf(index, out, 0);
  else {
    for (let child = 0; child < FANOUT; child++) {
      if (what === INNERS) tree.writeInner(child, out, child * HASH_BYTES);
      else tree.writeLeaf(index * FANOUT + child, out, child * HASH_BYTES);
    }
  }
  return out;
}

/** The question for these, at most TREE_NODES_MAX. */
export function encodeTreeQuestion(asked: readonly TreeNodes[]): Buffer {
  const fields = new FieldWriter().u8(TREE_VERSION).u16(asked.length);
  for (const { n, partition, what, index } of asked) fields.u8(n).u8(what).u16(partition).u16(index);
  return fields.finish();
}

/** What was answered to each that was asked; undefined: its tree can't be used. Undefined as a whole: no such answer. */
export function decodeTreeAnswer(asked: readonly TreeNodes[], answer: Buffer): (Buffer | undefined)[] | undefined {
  const hashes: (Buffer | undefined)[] = [];
  let at = 0;
  for (const { what } of asked) {
    if (at >= answer.length) return undefined;
    const isGiven = answer.readUInt8(at++) === 1;
    const length = isGiven ? HASHES[what] * HASH_BYTES : 0;
    hashes.push(isGiven ? answer.subarray(at, at + length) : undefined);
    at += length;
  }
  return at === answer.length ? hashes : undefined;
}

/** Answers `QUERY_KIND.treeNodes` from `forest`: at once, as that takes less than the question's way here. */
export function answerTreeNodes(forest: MerkleForest): AnswerQuery {
  return (_from, body, answer) => answer(answerTo(forest, body));
}

function answerTo(forest: MerkleForest, body: Buffer): Buffer {
  const asked = decodeTreeQuestion(forest, body);
  if (asked === undefined) return NOTHING;
  const parts: Buffer[] = [];
  for (const nodes of asked) {
    const isUsable = forest.isBuilt(nodes.partition) && forest.ns.includes(nodes.n);
    parts.push(Buffer.of(isUsable ? 1 : 0));
    if (isUsable) parts.push(hashesOf(forest, nodes));
  }
  return Buffer.concat(parts);
}

function decodeTreeQuestion(forest: MerkleForest, body: Buffer): TreeNodes[] | undefined {
  try {
    const fields = new FieldReader(body);
    if (fields.u8() !== TREE_VERSION) return undefined;
    const count = fields.u16();
    if (count > TREE_NODES_MAX) return undefined;
    const asked: TreeNodes[] = [];
    for (let i = 0; i < count; i++) {
      const n = fields.u8();
      const what = fields.u8();
      const partition = fields.u16() as Partition;
      const index = fields.u16();
      if (!isWhat(what) || partition >= forest.partitionCount || index >= INDEXES[what]) return undefined;
      asked.push({ n, partition, what, index });
    }
    fields.end();
    return asked;
  } catch (error) {
    if (error instanceof MalformedFields) return undefined;
    throw error;
  }
}

function isWhat(value: number): value is What {
  return value in HASHES;
}
