/**
 * What commands compute of a string: each operation as data, its bytes, and the pure function that applies it. All of them
 * run where the key is coordinated, after a read of R replicas (see `modify.ts`).
 *
 * ```
 *   operation:  code u8 | fields of the operation
 * ```
 */
import { type FieldReader, type FieldWriter, MalformedFields } from './byte-fields.js';

/** Codes go over the wire: append-only. */
const CODE = { append: 1 } as const;

export type StringOperation = {
  /** `APPEND`: the value goes behind what is there. Answers the new length. */
  readonly kind: 'append';
  readonly value: Buffer;
  /** The longest value that may come of it, in bytes. */
  readonly bytesMax: number;
};

/** What an operation comes to. */
export type StringOutcome =
  /** Nothing is written; the text is Redis's, without its code. */
  | { readonly refusal: string }
  | {
      /** undefined: the key stays as it is. It keeps its expiry either way. */
      readonly written: Buffer | undefined;
      /** What the client is told; each command has its own form. */
      readonly answer: Buffer;
    };

/** Applies `operation` to the value of the key (undefined: there is none). Pure. */
export function applyStringOperation(operation: StringOperation, value: Buffer | undefined): StringOutcome {
  switch (operation.kind) {
    case 'append': {
      const length = (value?.length ?? 0) + operation.value.length;
      if (length > operation.bytesMax) {
        return { refusal: 'string exceeds maximum allowed size (proto-max-bulk-len)' };
      }
      return {
        written: value === undefined ? operation.value : Buffer.concat([value, operation.value]),
        answer: integerAnswer(length),
      };
    }
  }
}

export function encodeStringOperation(writer: FieldWriter, operation: StringOperation): void {
  writer.u8(CODE[operation.kind]);
  switch (operation.kind) {
    case 'append':
      writer.bytes(operation.value).u32(operation.bytesMax);
  }
}

/** Throws `MalformedFields`. */
export function decodeStringOperation(reader: FieldReader): StringOperation {
  const code = reader.u8();
  switch (code) {
    case CODE.append:
      return { kind: 'append', value: reader.bytes(), bytesMax: reader.u32() };
    default:
      throw new MalformedFields(`string operation ${code} is not known`);
  }
}

/** An answer that is one safe integer, as decimal digits. */
function integerAnswer(value: number): Buffer {
  return Buffer.from(`${value}`, 'latin1');
}
