/** Bitwise operations on strings of any length: where one ends before the other, zeros follow it. Pure functions. */

export type BitwiseOperation = 'and' | 'or' | 'xor';

/** `a` put to `b`, as long as the longer one of them. Whatever the order of several strings, the result is the same. */
export function bitwise(operation: BitwiseOperation, a: Buffer, b: Buffer): Buffer {
  const [longer, shorter] = a.length >= b.length ? [a, b] : [b, a];
  const result = Buffer.from(longer);
  const common = shorter.length;
  switch (operation) {
    case 'and':
      for (let at = 0; at < common; at++) result[at] = (longer[at] ?? 0) & (shorter[at] ?? 0);
      result.fill(0, common);
      break;
    case 'or':
      for (let at = 0; at < common; at++) result[at] = (longer[at] ?? 0) | (shorter[at] ?? 0);
      break;
    case 'xor':
      for (let at = 0; at < common; at++) result[at] = (longer[at] ?? 0) ^ (shorter[at] ?? 0);
  }
  return result;
}

/** Each bit turned over. */
export function bitwiseNot(value: Buffer): Buffer {
  const result = Buffer.allocUnsafe(value.length);
  for (let at = 0; at < value.length; at++) result[at] = ~(value[at] ?? 0);
  return result;
}
