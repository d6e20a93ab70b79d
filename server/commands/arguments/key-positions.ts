import type { CommandRow, KeyFlag, KeySpec } from '../command.js';

/** The positions of a request's keys. `undefined`: the arguments do not fit the command. */
export function keyPositions(row: CommandRow, argumentCount: number): number[] | undefined {
  if (row.keys === undefined) return [];
  const { first, last, step } = row.keys;
  const end = last < 0 ? argumentCount + last : last;
  if (end >= argumentCount || end < first) return undefined;
  const positions: number[] = [];
  for (let at = first; at <= end; at += step) positions.push(at);
  return positions;
}

/** What a request does with its key at `position`. */
export function keyFlags(keys: KeySpec, position: number, args: readonly Buffer[]): readonly KeyFlag[] {
  const { parts = [keys] } = keys;
  const part = parts.find(({ first, last }) => position >= first && (last < 0 || position <= last)) ?? keys;
  return part.flagsFor?.(args) ?? part.flags;
}
