/**
 * What commands compute of a string: each operation as data, its bytes, and the pure function that applies it. All of them
 * run where the key is coordinated, after a read of R replicas (see `modify.ts`).
 *
 * ```
 *   operation:  code u8 | fields of the operation
 * ```
 */
import { type FieldReader, type FieldWriter, MalformedFields } from '../../wire/byte-fields.js';
import { COMPUTED_BYTES_MAX } from '../limits.js';
import {
  applyBitfield,
  type BitfieldStep,
  bytesNeeded,
  decodeBitfield,
  encodeBitfield,
} from './string-change-bitfield.js';

/** Codes go over the wire: append-only. */
const CODE = { append: 1, setrange: 2, setbit: 3, getdel: 4, bitfield: 5 } as const;

export type StringOperation =
  | {
      /** `APPEND`: the value goes behind what is there. Answers the new length. */
      readonly kind: 'append';
      readonly value: Buffer;
      /** The longest value that may come of it, in bytes. */
      readonly bytesMax: number;
    }
  | {
      /** `SETRANGE`: the value, which is not empty, goes over what is there from `offset` on. Answers the length after it. */
      readonly kind: 'setrange';
      readonly offset: number;
      readonly value: Buffer;
    }
  | {
      /** `SETBIT`: bit 0 is the highest of the first byte. Answers what the bit was. */
      readonly kind: 'setbit';
      readonly offset: number;
      readonly bit: 0 | 1;
    }
  | {
      /** `GETDEL`: the key is deleted with all its siblings. Answers the value; nothing where there was none. */
      readonly kind: 'getdel';
    }
  | {
      /** `BITFIELD`. Answers what `decodeBitfieldAnswer` reads. */
      readonly kind: 'bitfield';
      readonly steps: readonly BitfieldStep[];
    };

/** What an operation comes to. */
export type StringOutcome =
  /** Nothing is written; the text is Redis's, without its code. */
  | { readonly refusal: string }
  | {
      /** The new value, which keeps the expiry; undefined: the key stays as it is. */
      readonly written: Buffer | 'deleted' | undefined;
      /** What the client is told; each command has its own form. */
      readonly answer: Buffer | undefined;
    };

const NOTHING = Buffer.alloc(0);

/** Applies `operation` to the value of the key (undefined: there is none). Pure. */
export function applyStringOperation(operation: StringOperation, value: Buffer | undefined): StringOutcome {
  switch (operation.kind) {
    case 'append':
      return append(value, operation.value, operation.bytesMax);
    case 'setrange': {
      const written = lengthened(value, operation.offset + operation.value.length);
      operation.value.copy(written, operation.offset);
      return { written, answer: integerAnswer(written.length) };
    }
    case 'setbit':
      return setBit(value, operation.offset, operation.bit);
    case 'getdel':
      return { written: value && 'deleted', answer: value };
    case 'bitfield':
      return applyBitfield(value, operation.steps);
  }
}

function append(value: Buffer | undefined, added: Buffer, bytesMax: number): StringOutcome {
  const length = (value?.length ?? 0) + added.length;
  if (length > bytesMax) {
    return { refusal: `value would be ${length} bytes long; at most ${bytesMax} are allowed` };
  }
  const answer = integerAnswer(length);
  if (value === undefined) return { written: added, answer };
  return { written: added.length === 0 ? undefined : Buffer.concat([value, added]), answer };
}

function setBit(value: Buffer | undefined, offset: number, bit: 0 | 1): StringOutcome {
  const at = Math.floor(offset / 8);
  const mask = 0x80 >> (offset % 8);
  const byte = value?.[at] ?? 0;
  const answer = integerAnswer((byte & mask) === 0 ? 0 : 1);
  const changed = bit === 1 ? byte | mask : byte & ~mask;
  if (value !== undefined && at < value.length && changed === byte) return { written: undefined, answer };
  const written = lengthened(value, at + 1);
  written[at] = changed;
  return { written, answer };
}

/** A copy of the value, with zeros behind it up to that length. */
function lengthened(value: Buffer = NOTHING, length: number): Buffer {
  const longer = Buffer.alloc(Math.max(value.length, length));
  value.copy(longer);
  return longer;
}

export function encodeStringOperation(writer: FieldWriter, operation: StringOperation): void {
  writer.u8(CODE[operation.kind]);
  switch (operation.kind) {
    case 'append':
      writer.bytes(operation.value).u32(operation.bytesMax);
      break;
    case 'setrange':
      writer.u32(operation.offset).bytes(operation.value);
      break;
    case 'setbit':
      writer.u64(operation.offset).u8(operation.bit);
      break;
    case 'getdel':
      break;
    case 'bitfield':
      encodeBitfield(writer, operation.steps);
  }
}

/** Throws `MalformedFields`. */
export function decodeStringOperation(reader: FieldReader): StringOperation {
  const code = reader.u8();
  switch (code) {
    case CODE.append:
      return { kind: 'append', value: reader.bytes(), bytesMax: reader.u32() };
    case CODE.setrange: {
      const [offset, value] = [reader.u32(), reader.bytes()];
      checkLength(offset + value.length);
      return { kind: 'setrange', offset, value };
    }
    case CODE.setbit: {
      const offset = reader.u64();
      checkLength(offset / 8);
      return { kind: 'setbit', offset, bit: reader.u8() === 1 ? 1 : 0 };
    }
    case CODE.getdel:
      return { kind: 'getdel' };
    case CODE.bitfield: {
      const steps = decodeBitfield(reader);
      checkLength(bytesNeeded(steps));
      return { kind: 'bitfield', steps };
    }
    default:
      throw new MalformedFields(`string operation ${code} is not known`);
  }
}

function checkLength(bytes: number): void {
  if (bytes > COMPUTED_BYTES_MAX) throw new MalformedFields('a string is too long');
}

/** An answer that is one safe integer, as decimal digits. */
function integerAnswer(value: number): Buffer {
  return Buffer.from(`${value}`, 'latin1');
}
