import test from 'ava';
import fc from 'fast-check';
import { applyStringOperation, type StringOperation } from '../../../../cluster/coordinator/changes/string-change.js';

const values = fc.option(
  fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
  { nil: undefined },
);
const added = fc.uint8Array({ minLength: 1, maxLength: 10 }).map((bytes) => Buffer.from(bytes));

/** What the key holds after the operation, and what the operation answers, as latin1. */
function outcomeOf(value: Buffer | undefined, operation: StringOperation) {
  const before = value && Buffer.from(value);
  const outcome = applyStringOperation(operation, value);
  if ('refusal' in outcome) return { refusal: outcome.refusal, held: value, answer: undefined };
  if (value !== undefined && before !== undefined && !value.equals(before))
    throw new Error('the old value was changed');
  const { written } = outcome;
  const held = written === 'deleted' ? undefined : (written ?? value);
  return { refusal: undefined, held, answer: outcome.answer?.toString('latin1') };
}

test('APPEND joins and answers the length, also of nothing at all', (t) => {
  fc.assert(
    fc.property(values, fc.oneof(added, fc.constant(Buffer.alloc(0))), (value, end) => {
      const { held, answer } = outcomeOf(value, { kind: 'append', value: end, bytesMax: 30 });
      t.deepEqual(held, Buffer.concat([value ?? Buffer.alloc(0), end]));
      t.is(answer, `${held?.length}`);
    }),
  );
});

test('APPEND is refused where too much would come of it, and allowed up to there', (t) => {
  const value = Buffer.from('abc');
  const append = (bytesMax: number) => outcomeOf(value, { kind: 'append', value: Buffer.from('de'), bytesMax });
  t.is(append(5).answer, '5');
  t.is(append(4).refusal, 'value would be 5 bytes long; at most 4 are allowed');
});

test('SETRANGE writes over what is there, with zeros before it where it begins behind the end', (t) => {
  fc.assert(
    fc.property(values, fc.nat({ max: 30 }), added, (value, offset, over) => {
      const { held, answer } = outcomeOf(value, { kind: 'setrange', offset, value: over });
      const before = value ?? Buffer.alloc(0);
      const gap = Buffer.alloc(Math.max(0, offset - before.length));
      t.deepEqual(held, Buffer.concat([before.subarray(0, offset), gap, over, before.subarray(offset + over.length)]));
      t.is(answer, `${held?.length}`);
    }),
  );
});

test('SETBIT sets one bit, answers what it was, and makes the value long enough for it', (t) => {
  fc.assert(
    fc.property(values, fc.nat({ max: 250 }), fc.constantFrom(0, 1), (value, offset, bit) => {
      const { held = Buffer.alloc(0), answer } = outcomeOf(value, { kind: 'setbit', offset, bit });
      const length = Math.max(value?.length ?? 0, Math.floor(offset / 8) + 1);
      const digits = [...(value ?? []), ...Buffer.alloc(length - (value?.length ?? 0))]
        .map((byte) => byte.toString(2).padStart(8, '0'))
        .join('');
      t.is(answer, digits[offset]);
      const after = [...held].map((byte) => byte.toString(2).padStart(8, '0')).join('');
      t.is(after, `${digits.slice(0, offset)}${bit}${digits.slice(offset + 1)}`);
    }),
  );
});

test('a change that changes nothing writes nothing', (t) => {
  const value = Buffer.from([0x80]);
  t.like(applyStringOperation({ kind: 'setbit', offset: 0, bit: 1 }, value), { written: undefined });
  t.like(applyStringOperation({ kind: 'append', value: Buffer.alloc(0), bytesMax: 9 }, value), { written: undefined });
  t.deepEqual(applyStringOperation({ kind: 'getdel' }, undefined), { written: undefined, answer: undefined });
});

test('SETBIT to 0 beyond the end still makes the value longer, as in Redis', (t) => {
  t.deepEqual(outcomeOf(undefined, { kind: 'setbit', offset: 9, bit: 0 }).held, Buffer.alloc(2));
});
