import test from 'ava';
import fc from 'fast-check';
import { type BitwiseOperation, bitwiseInto, bitwiseNot, copyOf } from '../../../../server/commands/bits/bitwise.js';

/** From any place in memory, and longer than what is put together at a time. */
const values = fc
  .tuple(fc.uint8Array({ maxLength: 12 }), fc.constantFrom(0, 0, 16_380, 40_000), fc.nat({ max: 3 }))
  .map(([bytes, more, from]) =>
    Buffer.concat([Buffer.alloc(more, Buffer.of(7, ...bytes)), Buffer.from(bytes)]).subarray(from),
  );
const bitwise = (operation: BitwiseOperation, a: Buffer, b: Buffer): Buffer => bitwiseInto(operation, copyOf(a), b);
const operations = fc.constantFrom<BitwiseOperation>('and', 'or', 'xor');
const OF_BYTES: Readonly<Record<BitwiseOperation, (a: number, b: number) => number>> = {
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
};

test('each byte is put to that of the other string, and to 0 behind its end', (t) => {
  fc.assert(
    fc.property(operations, values, values, (operation, a, b) => {
      const expected = Buffer.from(
        Array.from({ length: Math.max(a.length, b.length) }, (_, at) => OF_BYTES[operation](a[at] ?? 0, b[at] ?? 0)),
      );
      t.true(bitwise(operation, a, b).equals(expected));
    }),
  );
});

test('the order in which strings are put together makes no difference', (t) => {
  fc.assert(
    fc.property(operations, values, values, values, (operation, a, b, c) => {
      const inOrder = bitwise(operation, bitwise(operation, a, b), c);
      t.true(bitwise(operation, bitwise(operation, c, b), a).equals(inOrder));
      t.true(bitwise(operation, b, bitwise(operation, a, c)).equals(inOrder));
    }),
  );
});

test('turned over twice is as before', (t) => {
  fc.assert(fc.property(values, (value) => t.true(bitwiseNot(bitwiseNot(value)).equals(value))));
  t.deepEqual(bitwiseNot(Buffer.of(0, 255, 0x0f)), Buffer.of(255, 0, 0xf0));
});
