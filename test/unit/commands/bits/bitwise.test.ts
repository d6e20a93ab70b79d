import test from 'ava';
import fc from 'fast-check';
import { type BitwiseOperation, bitwise, bitwiseNot } from '../../../../server/commands/bits/bitwise.js';

const values = fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes));
const operations = fc.constantFrom<BitwiseOperation>('and', 'or', 'xor');
const OF_BYTES: Readonly<Record<BitwiseOperation, (a: number, b: number) => number>> = {
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
};

test('each byte is put to that of the other string, and to 0 behind its end', (t) => {
  fc.assert(
    fc.property(operations, values, values, (operation, a, b) => {
      const expected = Array.from({ length: Math.max(a.length, b.length) }, (_, at) =>
        OF_BYTES[operation](a[at] ?? 0, b[at] ?? 0),
      );
      t.deepEqual([...bitwise(operation, a, b)], expected);
    }),
  );
});

test('the order in which strings are put together makes no difference', (t) => {
  fc.assert(
    fc.property(operations, values, values, values, (operation, a, b, c) => {
      const inOrder = bitwise(operation, bitwise(operation, a, b), c);
      t.deepEqual(bitwise(operation, bitwise(operation, c, b), a), inOrder);
      t.deepEqual(bitwise(operation, b, bitwise(operation, a, c)), inOrder);
    }),
  );
});

test('turned over twice is as before', (t) => {
  fc.assert(fc.property(values, (value) => t.deepEqual(bitwiseNot(bitwiseNot(value)), value)));
  t.deepEqual(bitwiseNot(Buffer.of(0, 255, 0x0f)), Buffer.of(255, 0, 0xf0));
});
