import test from 'ava';
import fc from 'fast-check';
import {
  applyBitfield,
  type BitField,
  type BitfieldStep,
  bytesNeeded,
  decodeBitfieldAnswer,
  readField,
} from '../../../../cluster/coordinator/changes/string-change-bitfield.js';

const fields: fc.Arbitrary<BitField> = fc
  .boolean()
  .chain((signed) =>
    fc.record({ signed: fc.constant(signed), bits: fc.integer({ min: 1, max: signed ? 64 : 63 }), offset: fc.nat(90) }),
  );
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const values = fc.uint8Array({ maxLength: 16 }).map((bytes) => Buffer.from(bytes));

function step(kind: BitfieldStep['kind'], over: Partial<BitfieldStep> = {}): BitfieldStep {
  return { kind, signed: false, bits: 8, offset: 0, value: 0n, overflow: 'wrap', ...over };
}

function run(value: Buffer | undefined, ...steps: readonly BitfieldStep[]) {
  const { written, answer } = applyBitfield(value, steps);
  return { written: written && [...written], results: decodeBitfieldAnswer(answer) };
}

function digitsOf(value: Buffer): string {
  return [...value].map((byte) => byte.toString(2).padStart(8, '0')).join('');
}

test('a field is read as the digits that stand there, zeros behind the end', (t) => {
  fc.assert(
    fc.property(values, fields, (value, field) => {
      const digits = digitsOf(value)
        .padEnd(400, '0')
        .slice(field.offset, field.offset + field.bits);
      const unsigned = BigInt(`0b${digits}`);
      t.is(readField(value, field), field.signed ? BigInt.asIntN(field.bits, unsigned) : unsigned);
    }),
  );
});

test('what is set is read back, and nothing around it changes', (t) => {
  fc.assert(
    fc.property(values, fields, int64, (value, field, given) => {
      const set = step('set', { ...field, value: given });
      const { written, answer } = applyBitfield(value, [set, step('get', field)]);
      const after = written ?? value;
      t.is(after.length, Math.max(value.length, bytesNeeded([set])));
      const wrapped = field.signed ? BigInt.asIntN(field.bits, given) : BigInt.asUintN(field.bits, given);
      t.deepEqual(decodeBitfieldAnswer(answer), [readField(value, field), wrapped]);
      const [before, now] = [digitsOf(value).padEnd(after.length * 8, '0'), digitsOf(after)];
      t.is(now.slice(0, field.offset), before.slice(0, field.offset));
      t.is(now.slice(field.offset + field.bits), before.slice(field.offset + field.bits));
    }),
  );
});

test('a sum that the field can not hold wraps, stays at the bound or is not made', (t) => {
  fc.assert(
    fc.property(values, fields, int64, (value, field, increment) => {
      const before = readField(value, field);
      const max = 2n ** BigInt(field.signed ? field.bits - 1 : field.bits) - 1n;
      const min = field.signed ? -max - 1n : 0n;
      const sum = before + increment;
      const fits = sum >= min && sum <= max;
      const wrapped = field.signed ? BigInt.asIntN(field.bits, sum) : BigInt.asUintN(field.bits, sum);
      const add = (overflow: BitfieldStep['overflow']) =>
        run(value, step('incrby', { ...field, value: increment, overflow })).results;
      t.deepEqual(add('wrap'), [wrapped]);
      t.deepEqual(add('sat'), [fits ? sum : sum > max ? max : min]);
      t.deepEqual(add('fail'), [fits ? sum : undefined]);
    }),
  );
});

test('a step that fails still makes the value long enough, as in Redis; steps that read do not', (t) => {
  const fail = step('incrby', { value: 300n, overflow: 'fail' });
  t.deepEqual(run(undefined, fail), { written: [0], results: [undefined] });
  t.deepEqual(run(undefined, step('get', { offset: 100 })), { written: undefined, results: [0n] });
  t.deepEqual(run(Buffer.of(9), step('set', { value: 9n })), { written: undefined, results: [9n] });
});

test('steps see what those before them have done', (t) => {
  const { written, results } = run(
    Buffer.of(1),
    step('set', { offset: 8, value: 200n }),
    step('incrby', { offset: 8, value: 100n, overflow: 'sat' }),
    step('get', { bits: 16 }),
  );
  t.deepEqual(results, [0n, 255n, 0x1ffn]);
  t.deepEqual(written, [1, 255]);
});

test('what is set far below a signed field passes for too high, as in Redis', (t) => {
  const lowest = step('set', { signed: true, value: -(2n ** 63n), overflow: 'sat' });
  t.deepEqual(run(undefined, lowest).written, [0x7f]);
  t.deepEqual(run(undefined, { ...lowest, value: -1000n }).written, [0x80]);
});
