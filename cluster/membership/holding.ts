/**
 * What one node says it holds. A node speaks for itself only; the others pass it on. Little-endian:
 *
 * ```
 *   0        1      2         22            30           36               40
 *   +--------+------+---------+-------------+------------+----------------+----------+--------------------------
 *   | format | kind | node 20 | version u64 | folder (6) | partitions u32 | classes  | for each: n u8, a bit for
 *   |   1    |      |         |             |            |                | u8       | each partition
 *   +--------+------+---------+-------------+------------+----------------+----------+--------------------------
 *                               declared: counter; else 0
 * ```
 *
 * A founder that has declared nothing yet is *presumed* to hold what the founders' ring makes it a primary of. It names its
 * data folder: where two folders were heard of, the disk was *lost*, and nothing is presumed any more. Anything that the
 * node declares comes above both.
 */
import type { NodeId } from '../ring/ring.js';
import type { Partition } from '../ring/slots.js';
import { readU64, writeU64 } from '../version/words.js';
import { ID_BYTES, readId } from './event.js';
import type { HoldingChange } from './membership.js';

/** N → a bit for each partition, the lowest bit of the first byte first. */
export type HeldClasses = ReadonlyMap<number, Buffer>;

export type Holding = { readonly node: NodeId } & (
  | { readonly kind: 'presumed'; readonly folder: string }
  | { readonly kind: 'lost' }
  | { readonly kind: 'declared'; readonly version: number; readonly classes: HeldClasses }
);

/** What tells holdings of one node apart, and which of two is newer. */
export interface HoldingMark {
  /** 0: not declared. */
  readonly version: number;
  /** 12 hex digits: the folder; zeros: declared, or lost. */
  readonly folder: string;
}

/** 6 random bytes that name a data folder for as long as it lasts. */
export const FOLDER_BYTES = 6;
const NO_FOLDER = '0'.repeat(2 * FOLDER_BYTES);
const FORMAT = 1;
const KIND = { presumed: 1, lost: 2, declared: 3 } as const;
const NODE_AT = 2;
const VERSION_AT = NODE_AT + ID_BYTES;
const FOLDER_AT = VERSION_AT + 8;
const PARTITIONS_AT = FOLDER_AT + FOLDER_BYTES;
const CLASSES_AT = PARTITIONS_AT + 4;
const BODY_AT = CLASSES_AT + 1;

export function markOf(holding: Holding): HoldingMark {
  return {
    version: holding.kind === 'declared' ? holding.version : 0,
    folder: holding.kind === 'presumed' ? holding.folder : NO_FOLDER,
  };
}

/** What is true once both were heard; it matters neither in which order nor how often. `a` itself where it is that. */
export function newer(a: Holding, b: Holding): Holding {
  if (a.kind === 'declared') return b.kind === 'declared' && b.version > a.version ? b : a;
  if (b.kind === 'declared') return b;
  if (a.kind === 'lost' || (b.kind === 'presumed' && b.folder === a.folder)) return a;
  return { node: a.node, kind: 'lost' };
}

/** The partitions that are held by the classes, in their order. A class that is not among them is as the least one is. */
export function heldPartitions(classes: HeldClasses, n: number): Partition[] {
  const bits = classes.get(n) ?? classes.get(Math.min(...classes.keys())) ?? Buffer.alloc(0);
  const held: Partition[] = [];
  for (let byte = 0; byte < bits.length; byte++) {
    let left = bits[byte] ?? 0;
    for (; left !== 0; left &= left - 1) held.push((byte * 8 + 31 - Math.clz32(left & -left)) as Partition);
  }
  return held;
}

/**
 * The wanted classes with changes to them: copies. One that was not among them begins as `holds` says. One that is not wanted
 * goes: nothing keeps its bits true any more, and its keyspace may come back.
 */
export function changed(
  partitionCount: number,
  before: HeldClasses,
  wanted: readonly number[],
  changes: readonly HoldingChange[],
  holds: (partition: Partition, n: number) => boolean,
): HeldClasses {
  const classes = new Map<number, Buffer>();
  for (const n of new Set([...wanted, ...changes.map((change) => change.n)])) {
    const known = before.get(n);
    const bits = known === undefined ? Buffer.alloc(Math.ceil(partitionCount / 8)) : Buffer.from(known);
    if (known === undefined) {
      for (let partition = 0; partition < partitionCount; partition++) {
        setBit(bits, partition, holds(partition as Partition, n));
      }
    }
    classes.set(n, bits);
  }
  for (const { partition, n, holds: isHeldNow } of changes) {
    const bits = classes.get(n);
    if (bits !== undefined) setBit(bits, partition, isHeldNow);
  }
  return classes;
}

/** Nothing of any class. */
export function nothingHeld(partitionCount: number, wanted: readonly number[]): HeldClasses {
  return new Map(wanted.map((n) => [n, Buffer.alloc(Math.ceil(partitionCount / 8))]));
}

export function encodeHolding(holding: Holding, partitionCount: number): Buffer {
  const head = Buffer.alloc(BODY_AT);
  const { version, folder } = markOf(holding);
  head[0] = FORMAT;
  head[1] = KIND[holding.kind];
  head.write(holding.node, NODE_AT, ID_BYTES, 'hex');
  writeU64(head, VERSION_AT, version);
  head.write(folder, FOLDER_AT, FOLDER_BYTES, 'hex');
  head.writeUInt32LE(partitionCount, PARTITIONS_AT);
  if (holding.kind !== 'declared') return head;
  const classes = [...holding.classes].sort(([a], [b]) => a - b);
  head[CLASSES_AT] = classes.length;
  return Buffer.concat([head, ...classes.flatMap(([n, bits]) => [Buffer.of(n), bits])]);
}

/** Reads a holding (a copy), or gives the reason why it is none. */
export function readHolding(bytes: Buffer, partitionCount: number): Holding | string {
  if (bytes.length < BODY_AT) return 'a holding is cut off';
  if (bytes[0] !== FORMAT) return `a holding has the format ${bytes[0]}`;
  if (bytes.readUInt32LE(PARTITIONS_AT) !== partitionCount) return 'a holding has another number of partitions';
  const node = readId(bytes, NODE_AT);
  const version = readU64(bytes, VERSION_AT);
  const count = bytes.readUInt8(CLASSES_AT);
  const classBytes = 1 + Math.ceil(partitionCount / 8);
  if (bytes.length !== BODY_AT + count * classBytes) return 'the classes of a holding have another length';
  switch (bytes[1]) {
    case KIND.presumed:
      return { node, kind: 'presumed', folder: bytes.toString('hex', FOLDER_AT, FOLDER_AT + FOLDER_BYTES) };
    case KIND.lost:
      return { node, kind: 'lost' };
    case KIND.declared: {
      if (!Number.isSafeInteger(version) || version === 0) return 'the version of a holding is none';
      const classes = new Map<number, Buffer>();
      for (let at = BODY_AT; at < bytes.length; at += classBytes) {
        classes.set(bytes.readUInt8(at), Buffer.from(bytes.subarray(at + 1, at + classBytes)));
      }
      return { node, kind: 'declared', version, classes };
    }
    default:
      return `a holding is of the kind ${bytes[1]}`;
  }
}

function setBit(bits: Buffer, at: number, isSet: boolean): void {
  const byte = bits[at >>> 3] ?? 0;
  const mask = 1 << (at & 7);
  bits[at >>> 3] = isSet ? byte | mask : byte & ~mask;
}
