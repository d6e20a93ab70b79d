/** A page of a partition: which versions this node holds of the keys of some leaves, in the order of (db, key). */
import type { Replica } from '../replica/replica.js';
import type { Partition } from '../ring/slots.js';
import { highestCounter, objectLength, versionFingerprint } from '../version/encoded.js';
import { PAGE_ANSWER_BYTES, PAGE_KEYS, PAGE_RECORD_BYTES } from './limits.js';
import type { MerkleForest } from './merkle-forest.js';
import { keyHash, LEAF_COUNT, leafOf } from './merkle-tree.js';

export const LEAF_SET_BYTES = LEAF_COUNT / 8;
/** What a row takes in an answer, beside its key. */
const ROW_BYTES = 21;

/** Leaves of a tree: bit i of byte i / 8 stands for leaf i. */
export class LeafSet {
  readonly bytes: Buffer;

  constructor(bytes: Buffer = Buffer.alloc(LEAF_SET_BYTES)) {
    this.bytes = bytes;
  }

  add(leaf: number): void {
    this.bytes[leaf >> 3] |= 1 << (leaf & 7);
  }

  has(leaf: number): boolean {
    return (this.bytes.readUInt8(leaf >> 3) & (1 << (leaf & 7))) !== 0;
  }
}

/** The keys that a page is about. */
export interface LeafKeys {
  readonly n: number;
  readonly partition: Partition;
  readonly leaves: LeafSet;
}

/** A place in the order of the keys of a partition. */
export interface KeyMark {
  readonly db: number;
  /** Binary string. */
  readonly key: string;
}

export interface LeafRow extends KeyMark {
  /** `versionFingerprint` of what is held. */
  readonly fingerprint: number;
  /** The highest counter of its version vector: which of two versions is the newer one. */
  readonly counter: number;
  /** Length of the object. */
  readonly bytes: number;
}

export interface LeafPage {
  readonly rows: readonly LeafRow[];
  /** The page tells of all keys from where it began to this one. Undefined: to the end of the partition. */
  readonly upTo: KeyMark | undefined;
}

/** Below 0: a comes first. */
export function compareMarks(a: KeyMark, b: KeyMark): number {
  return a.db - b.db || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);
}

/** The page behind `after`, which ends at `upTo` or earlier, where it is full. Rejects with `StoreError`. */
export async function readLeafPage(
  replica: Replica,
  forest: MerkleForest,
  { n, partition, leaves }: LeafKeys,
  after: KeyMark | undefined,
  upTo: KeyMark | undefined,
): Promise<LeafPage> {
  const rows: LeafRow[] = [];
  let end = upTo;
  let left = PAGE_KEYS;
  let recordBytesLeft = PAGE_RECORD_BYTES;
  let answerBytesLeft = PAGE_ANSWER_BYTES;
  await replica.scans.scanPartition(
    partition,
    (scanned) => {
      for (const { db, key, record } of scanned) {
        if (upTo !== undefined && compareMarks({ db, key }, upTo) > 0) return false;
        if (forest.nOf(key) === n && leaves.has(leafOf(keyHash(db, key)))) {
          const fingerprint = versionFingerprint(record);
          rows.push({ db, key, fingerprint, counter: highestCounter(record), bytes: objectLength(record) });
          answerBytesLeft -= ROW_BYTES + key.length;
        }
        recordBytesLeft -= record.length;
        if (--left > 0 && recordBytesLeft > 0 && answerBytesLeft > 0) continue;
        end = { db, key };
        return false;
      }
      return true;
    },
    after,
  );
  return { rows, upTo: end };
}
