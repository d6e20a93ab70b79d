import type { Server } from '../../server.js';
import { parseInt64 } from '../arguments/integer-argument.js';

const BAD_OFFSET = 'ERR bit offset is not an integer or out of range';
const HASH = 35; // #

/**
 * The offset of a bit, or the text of the error. Where fields of `fieldBits` bits are addressed, `#3` is the fourth field.
 * What lies beyond the longest string that Redis would take (proto-max-bulk-len) is out of range.
 */
export function parseBitOffset(server: Server, argument: Buffer, fieldBits = 0): number | string {
  const countsFields = fieldBits > 0 && argument[0] === HASH;
  const given = parseInt64(countsFields ? argument.subarray(1) : argument);
  if (given === undefined) return BAD_OFFSET;
  // As in Redis, 64 bits hold the product, whatever is lost of it.
  const offset = countsFields ? BigInt.asIntN(64, given * BigInt(fieldBits)) : given;
  if (offset < 0n || offset >> 3n >= BigInt(server.config.protoMaxBulkLen)) return BAD_OFFSET;
  return Number(offset);
}
