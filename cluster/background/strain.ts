/**
 * How a node bears what it is asked to do, as it tells peers whose background work burdens it.
 *
 *     answer = pressure u32 (thousandths, 1000: the target) · flags u8 (1: clients, 2: the last minute kept the target)
 */
export interface Strain {
  /** Whether there are clients whose gets and puts could suffer. */
  readonly isBusy: boolean;
  /** 1: something has reached its target. */
  readonly pressure: number;
  /** Whether the last minute's p99 was within the target, or there was none. */
  readonly isMinuteKept: boolean;
}

/** Of a node that nobody asks for anything. */
export const AT_REST: Strain = { isBusy: false, pressure: 0, isMinuteKept: true };

const BYTES = 5;
const ONE = 1000;
const U32_MAX = 2 ** 32 - 1;
const BUSY = 1;
const MINUTE_KEPT = 2;

export function encodeStrain({ isBusy, pressure, isMinuteKept }: Strain): Buffer {
  const bytes = Buffer.alloc(BYTES);
  bytes.writeUInt32LE(Math.min(U32_MAX, Math.round(pressure * ONE)), 0);
  bytes.writeUInt8((isBusy ? BUSY : 0) | (isMinuteKept ? MINUTE_KEPT : 0), 4);
  return bytes;
}

/** Undefined where the bytes are none: a node that does not know the question answers with nothing. */
export function decodeStrain(bytes: Buffer): Strain | undefined {
  if (bytes.length < BYTES) return undefined;
  const flags = bytes.readUInt8(4);
  return {
    isBusy: (flags & BUSY) !== 0,
    pressure: bytes.readUInt32LE(0) / ONE,
    isMinuteKept: (flags & MINUTE_KEPT) !== 0,
  };
}

/** What holds for several nodes together: each figure is the worst of any. */
export function worst(strains: Iterable<Strain>): Strain {
  let all = AT_REST;
  for (const { isBusy, pressure, isMinuteKept } of strains) {
    all = {
      isBusy: all.isBusy || isBusy,
      pressure: Math.max(all.pressure, pressure),
      isMinuteKept: all.isMinuteKept && isMinuteKept,
    };
  }
  return all;
}
