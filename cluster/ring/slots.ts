/**
 * Slots and partitions. A slot is Redis Cluster's: CRC16 of the key, or of its hash tag, modulo 16384. A partition is
 * one of Q equal runs of slots, Q a power of two, so that it is the slot's leading bits:
 *
 *   slot       b13 b12 … b6 | b5 … b0
 *   partition  ^^^^^^^^^^^^            (Q = 256: eight bits)
 */
import taggedSlot from 'cluster-key-slot';

export type Slot = number & { readonly brand: 'Slot' };
export type Partition = number & { readonly brand: 'Partition' };

export const SLOT_COUNT = 16384;

const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;

/** HOT PATH. The slot of a key, hash tags as in Redis Cluster. */
export function slotOf(key: Buffer): Slot {
  // Redis Cluster specification, "Hash tags": an empty first tag is no tag, whatever follows it: the whole key counts.
  // The library looks for the next closing brace instead.
  const opening = key.indexOf(OPENING_BRACE);
  if (opening >= 0 && key[opening + 1] === CLOSING_BRACE) return (crc16(key) % SLOT_COUNT) as Slot;
  return taggedSlot(key) as Slot;
}

/** CRC-16/XMODEM (polynomial 0x1021, starts at 0), bit by bit: only for the rare keys with an empty hash tag. */
function crc16(bytes: Buffer): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = ((crc << 1) ^ (crc & 0x8000 ? 0x1021 : 0)) & 0xffff;
  }
  return crc;
}

/** Why this can't be the number of partitions of a cluster; undefined when it can. */
export function partitionCountFault(partitionCount: number): string | undefined {
  if (!Number.isInteger(partitionCount) || partitionCount < 1 || partitionCount > SLOT_COUNT)
    return `must be a whole number from 1 to ${SLOT_COUNT}`;
  if ((partitionCount & (partitionCount - 1)) !== 0) return 'must be a power of two';
  return undefined;
}

/** HOT PATH. The partition that a slot belongs to; `partitionCount` is a power of two up to 16384. */
export function partitionOf(slot: Slot, partitionCount: number): Partition {
  return (slot >> (Math.clz32(partitionCount) - Math.clz32(SLOT_COUNT))) as Partition;
}

/** The run of slots of a partition, both ends included. */
export function slotsOf(partition: Partition, partitionCount: number): { first: Slot; last: Slot } {
  const width = SLOT_COUNT / partitionCount;
  return { first: (partition * width) as Slot, last: ((partition + 1) * width - 1) as Slot };
}
