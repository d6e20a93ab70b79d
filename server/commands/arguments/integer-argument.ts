import { parseInteger } from '../../../cluster/version/decimal.js';

export const INT32_MIN = -(2n ** 31n);
export const INT32_MAX = 2n ** 31n - 1n;

/**
 * An argument as a signed 64-bit integer, or undefined where Redis says `value is not an integer or out of range`: no
 * sign but `-`, no leading zeros, no blanks.
 */
export function parseInt64(argument: Buffer): bigint | undefined {
  return parseInteger(argument);
}
