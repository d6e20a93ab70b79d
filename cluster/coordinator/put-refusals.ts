/** Why a put is not acceptable as it stands. Nothing is written then. */
import type { Failure } from '../failure.js';
import type { ObjectBytes } from '../version/codec.js';
import { siblingCount } from '../version/encoded.js';
import { SIBLINGS_MAX } from './limits.js';

export const CONTEXT_FROM_THE_FUTURE: Failure = {
  code: 'Refused',
  reason: 'the context is dated further ahead than clocks may be apart',
};

const MERGE_FIRST = 'read the key and write the merged value with its token';
const TOO_MANY_SIBLINGS: Failure = {
  code: 'Refused',
  reason: `the key has ${SIBLINGS_MAX} concurrent values: ${MERGE_FIRST}`,
};
export const TOO_MANY_ACTORS: Failure = {
  code: 'Refused',
  reason: `the key has concurrent values of too many lives of nodes: ${MERGE_FIRST}`,
};
const TOO_LARGE: Failure = {
  code: 'Refused',
  reason: `the concurrent values of the key are too large together: ${MERGE_FIRST}`,
};

/**
 * Why a put may not leave several siblings as they stand in `record`, where `current` was; one that leaves fewer than there
 * were may. `objectBytesMax`: for several siblings together.
 */
export function siblingsRefusal(
  record: Buffer,
  current: ObjectBytes | null,
  objectBytesMax: number,
): Failure | undefined {
  const siblings = siblingCount(record);
  if (siblings <= 1 || (current !== null && siblings <= siblingCount(current))) return undefined;
  if (siblings > SIBLINGS_MAX) return TOO_MANY_SIBLINGS;
  return record.length > objectBytesMax ? TOO_LARGE : undefined;
}
