import test from 'ava';
import fc from 'fast-check';
import { FieldReader, FieldWriter, MalformedFields } from '../../../cluster/wire/byte-fields.js';

type Field =
  | { readonly kind: 'u8' | 'u16' | 'u32' | 'u64'; readonly value: number }
  | { readonly kind: 'bytes'; readonly value: Uint8Array }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'optional'; readonly value: Uint8Array | undefined };

const anyBytes = fc.uint8Array({ maxLength: 400 });
const anyField: fc.Arbitrary<Field> = fc.oneof(
  fc.record({ kind: fc.constant('u8' as const), value: fc.nat(0xff) }),
  fc.record({ kind: fc.constant('u16' as const), value: fc.nat(0xffff) }),
  fc.record({ kind: fc.constant('u32' as const), value: fc.nat(0xffff_ffff) }),
  fc.record({ kind: fc.constant('u64' as const), value: fc.nat(Number.MAX_SAFE_INTEGER) }),
  fc.record({ kind: fc.constant('bytes' as const), value: anyBytes }),
  fc.record({
    kind: fc.constant('text' as const),
    value: anyBytes.map((bytes) => Buffer.from(bytes).toString('latin1')),
  }),
  fc.record({ kind: fc.constant('optional' as const), value: fc.option(anyBytes, { nil: undefined }) }),
);

function write(fields: readonly Field[]): Buffer {
  const writer = new FieldWriter();
  for (const field of fields) {
    if (field.kind === 'bytes') writer.bytes(field.value);
    else if (field.kind === 'text') writer.text(field.value);
    else if (field.kind === 'optional') writer.optionalBytes(field.value);
    else writer[field.kind](field.value);
  }
  return writer.finish();
}

function read(bytes: Buffer, fields: readonly Field[]): unknown[] {
  const reader = new FieldReader(bytes);
  const values = fields.map(({ kind }) => {
    if (kind === 'bytes') return new Uint8Array(reader.bytes());
    if (kind === 'text') return reader.text();
    if (kind !== 'optional') return reader[kind]();
    const value = reader.optionalBytes();
    return value && new Uint8Array(value);
  });
  reader.end();
  return values;
}

test('what is written is read, through any growth of the buffer', (t) => {
  fc.assert(
    fc.property(fc.array(anyField, { maxLength: 12 }), (fields) => {
      t.deepEqual(
        read(write(fields), fields),
        fields.map(({ value }) => value),
      );
    }),
  );
});

test('fields that are cut off anywhere are malformed, and so are fields with something behind them', (t) => {
  fc.assert(
    fc.property(fc.array(anyField, { minLength: 1, maxLength: 5 }), fc.nat(), (fields, at) => {
      const bytes = write(fields);
      t.throws(() => read(bytes.subarray(0, at % bytes.length), fields), { instanceOf: MalformedFields });
      t.throws(() => read(Buffer.concat([bytes, Buffer.of(0)]), fields), { instanceOf: MalformedFields });
    }),
  );
});

test('a length that is longer than what there is costs nothing', (t) => {
  const bytes = new FieldWriter().u32(0xffff_ffff).finish();
  t.throws(() => new FieldReader(bytes).bytes(), { instanceOf: MalformedFields });
  t.throws(() => new FieldReader(bytes).text(), { instanceOf: MalformedFields });
});
