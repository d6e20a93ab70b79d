import type { CommandRow } from './command.js';

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
