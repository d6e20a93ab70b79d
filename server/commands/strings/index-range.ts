/** From `first` to `last`, both of them included. */
export interface IndexRange {
  readonly first: number;
  readonly last: number;
}

/**
 * What of `length` items lies between two indexes as Redis counts them: both ends belong to it, negative ones count from
 * the end (-1 is the last item), and what lies outside is cut off. undefined: nothing.
 */
export function indexRange(start: bigint, end: bigint, length: number): IndexRange | undefined {
  const first = placeOf(start, length);
  const last = Math.min(placeOf(end, length), length - 1);
  return first > last ? undefined : { first, last };
}

/** Whether both count from the end, in the wrong order: `GETRANGE` and `BITCOUNT` look no further then. */
export function isReversed(start: bigint, end: bigint): boolean {
  return start < 0n && end < 0n && start > end;
}

function placeOf(index: bigint, length: number): number {
  return index < 0n ? Math.max(0, length + Number(index)) : Number(index);
}
