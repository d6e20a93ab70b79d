const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);
const CANONICAL_INTEGER = /^(?:0|-?[1-9][0-9]{0,18})$/;

/**
 * An argument as a signed 64-bit integer, or undefined where Redis says `value is not an integer or out of range`: no
 * sign but `-`, no leading zeros, no blanks.
 */
export function parseInt64(argument: Buffer): bigint | undefined {
  if (argument.length > 20) return undefined;
  const text = argument.toString('latin1');
  if (!CANONICAL_INTEGER.test(text)) return undefined;
  const value = BigInt(text);
  return value > INT64_MAX || value < INT64_MIN ? undefined : value;
}
