/**
 * Where a key stands in a walk over all keys: partitions in their order, and within a partition the keys in the order of
 * a hash. It follows from the key alone, on every node and whatever comes and goes beside it, so that a place is all that a
 * walk has to remember: no node keeps anything for it.
 *
 * ```
 *   63               48 47                                            0
 *   +------------------+-----------------------------------------------+
 *   | partition u16    | hash of the last key that was given, 48 bits  |     the cursor of SCAN, as a decimal number
 *   +------------------+-----------------------------------------------+
 * ```
 */
import { createHash } from 'node:crypto';
import type { Partition } from '../ring/slots.js';
import { sipHash48 } from './sip-hash.js';

/** The place of a key (binary string) within its partition: from 1 to 2^48 - 1. */
export type HashOf = (key: string) => number;

/** Behind the keys of a partition whose hash is `after` or less; 0: before all of them. */
export interface ScanPlace {
  readonly partition: Partition;
  readonly after: number;
}

/** Before the first key of all. */
export const FIRST_PLACE: ScanPlace = { partition: 0 as Partition, after: 0 };
/** No hash is higher. */
export const HASH_MAX = 2 ** 48 - 1;

const HASH_BITS = 48n;
const SIP_KEY_BYTES = 16;

/**
 * The hash by which all nodes of a cluster order keys. It is keyed with their secret, so that no client can make keys that
 * share a place.
 */
export function hashOfCluster(secret: string): HashOf {
  const key = createHash('sha256').update('cartwheel scan\0').update(secret).digest().subarray(0, SIP_KEY_BYTES);
  return (text) => sipHash48(key, text) || 1;
}

/** The cursor for what is behind the place; 0 for the end, where there is no place. */
export function cursorOf(place: ScanPlace | undefined): bigint {
  return place === undefined ? 0n : (BigInt(place.partition) << HASH_BITS) | BigInt(place.after);
}

/** The place of a cursor (64 bits); undefined: behind the last key. */
export function placeOf(cursor: bigint, partitionCount: number): ScanPlace | undefined {
  const partition = Number(cursor >> HASH_BITS);
  const after = Number(cursor & BigInt(HASH_MAX));
  const place = after < HASH_MAX ? { partition, after } : { partition: partition + 1, after: 0 };
  return place.partition < partitionCount ? { partition: place.partition as Partition, after: place.after } : undefined;
}
