/**
 * The bytes of an operation that one node asks another to coordinate, and of its answer. They are the bodies of FORWARD
 * and FORWARD_REPLY frames. Little-endian; kinds and codes are append-only.
 *
 * ```
 *   request:  kind u8 | db u8 | slot u16 | key | fields of the kind
 *   reply:    code u8 (0: it went well) | fields
 *   a change that runs again: AGAIN is added to its kind, and a set has one more field, answers previous u8
 *   a change from version 4 on, a put from version 5 on: ASKED is added to its kind, and its last field is asked u64
 *   key, bytes: length u32, then that many bytes;  optional bytes: u8 0, or u8 1 and bytes
 * ```
 */
import type { Failure } from '../../failure.js';
import { SLOT_COUNT, type Slot } from '../../ring/slots.js';
import { DB_COUNT } from '../../storage/layout.js';
import { decodeClock, encodeClock, type ObjectBytes, objectFault } from '../../version/codec.js';
import { decimalText, parseDecimal } from '../../version/decimal.js';
import { objectLength, type Written } from '../../version/encoded.js';
import type { VersionVector } from '../../version/object.js';
import { FieldReader, FieldWriter, MalformedFields } from '../../wire/byte-fields.js';
import type { Change } from '../changes/change.js';
import { decodeStringOperation, encodeStringOperation } from '../changes/string-change.js';

export interface KeyedRequest {
  readonly db: number;
  readonly slot: Slot;
  readonly key: string;
}

/** An operation on one key. */
export type ForwardedRequest = KeyedRequest & ({ readonly kind: 'get' } | Put | Modification);

interface Put extends Asked {
  readonly kind: 'put';
  readonly context: VersionVector | undefined;
  readonly written: Written;
}

interface Asked {
  /**
   * The counter at which the client's node took it up: no run of it mints one up to that. 0 where a node of an older version
   * does not say, or could not read it.
   */
  readonly asked: number;
}

interface Modification extends Asked {
  readonly kind: 'modify';
  readonly change: Change;
  /** Whether it was asked of another node before, where it may have taken effect. */
  readonly again: boolean;
}

/** How it ended there. `object` where it went well and the key holds something. */
export interface ForwardedReply {
  readonly failure: Failure | undefined;
  readonly applied: boolean;
  readonly previous: Buffer | undefined;
  readonly object: ObjectBytes | undefined;
}

// Append-only.
const KIND_GET = 1;
const KIND_PUT = 2;
const KIND_SET_IF = 3;
const KIND_DELETE = 4;
const KIND_EXPIRE = 5;
const KIND_COMPUTE = 6;
const KIND_INCREMENT = 7;
/** Added to the kind of a change that may have taken effect elsewhere. A node that does not know of it declines. */
const AGAIN = 0x80;
/** Added to the kind of a change or a put that says when it was asked for. */
const ASKED = 0x40;

// Append-only.
const CONDITIONS = ['always', 'absent', 'present'] as const;
const FAILURE_CODES = [
  'WriteQuorumNotMet',
  'ReadQuorumNotMet',
  'StoreFailed',
  'OutcomeUnknown',
  'Overloaded',
  'Refused',
  'NotApplicable',
] as const satisfies readonly Failure['code'][];

export function encodeRequest(request: ForwardedRequest): Buffer {
  const writer = new FieldWriter();
  writer.u8(kindByte(request)).u8(request.db).u16(request.slot).text(request.key);
  if (request.kind === 'put') {
    const { context, written } = request;
    writer.optionalBytes(context && encodeClock(context));
    writer
      .u8(written.tombstone ? 1 : 0)
      .u64(written.expiryMs)
      .bytes(written.value);
    if (request.asked > 0) writer.u64(request.asked);
  } else if (request.kind === 'modify') {
    encodeChange(writer, request.change);
    if (request.again && request.change.kind === 'set') writer.u8(request.change.answersPrevious ? 1 : 0);
    if (request.asked > 0) writer.u64(request.asked);
  }
  return writer.finish();
}

function kindByte(request: ForwardedRequest): number {
  if (request.kind === 'get') return KIND_GET;
  const asked = request.asked > 0 ? ASKED : 0;
  if (request.kind === 'put') return KIND_PUT + asked;
  const kind = {
    set: KIND_SET_IF,
    delete: KIND_DELETE,
    expire: KIND_EXPIRE,
    compute: KIND_COMPUTE,
    increment: KIND_INCREMENT,
  }[request.change.kind];
  return kind + (request.again ? AGAIN : 0) + asked;
}

function encodeChange(writer: FieldWriter, change: Change): void {
  switch (change.kind) {
    case 'set':
      writer
        .u8(CONDITIONS.indexOf(change.condition))
        .u8(change.keepExpiry ? 1 : 0)
        .u64(change.expiryMs);
      writer.bytes(change.value).optionalBytes(change.context && encodeClock(change.context));
      break;
    case 'delete':
      writer.optionalBytes(change.context && encodeClock(change.context));
      break;
    case 'expire':
      writer.u8(change.condition).u64(change.expiryMs);
      break;
    case 'compute':
      encodeStringOperation(writer, change.operation);
      break;
    case 'increment':
      writer.u8(change.isFloat ? 1 : 0).text(decimalText(change.by));
  }
}

/** The request, its bytes copied. Throws `MalformedFields`. */
export function decodeRequest(body: Buffer): ForwardedRequest {
  const reader = new FieldReader(Buffer.from(body));
  const kind = reader.u8();
  const keyed: KeyedRequest = { db: reader.u8(), slot: reader.u16() as Slot, key: reader.text() };
  if (keyed.db >= DB_COUNT) throw new MalformedFields(`database ${keyed.db} does not exist`);
  if (keyed.slot >= SLOT_COUNT) throw new MalformedFields(`slot ${keyed.slot} does not exist`);
  const request = { ...keyed, ...decodeOperation(reader, kind) };
  reader.end();
  return request;
}

type Operation = { readonly kind: 'get' } | Put | Modification;

function decodeOperation(reader: FieldReader, kind: number): Operation {
  switch (kind) {
    case KIND_GET:
      return { kind: 'get' };
    case KIND_PUT:
    case KIND_PUT | ASKED: {
      const context = decodeContext(reader);
      const written = { tombstone: reader.u8() === 1, expiryMs: reader.u64(), value: reader.bytes() };
      if (written.tombstone && written.value.length > 0) throw new MalformedFields('a tombstone has a value');
      return { kind: 'put', context, written, asked: (kind & ASKED) === 0 ? 0 : reader.u64() };
    }
    default: {
      const again = (kind & AGAIN) !== 0;
      const change = decodeChange(reader, kind & ~(AGAIN | ASKED), again);
      return { kind: 'modify', change, asked: (kind & ASKED) === 0 ? 0 : reader.u64(), again };
    }
  }
}

function decodeChange(reader: FieldReader, kind: number, again: boolean): Change {
  switch (kind) {
    case KIND_SET_IF: {
      const condition = CONDITIONS[reader.u8()];
      if (condition === undefined) throw new MalformedFields('a condition is not known');
      const keepExpiry = reader.u8() === 1;
      const expiryMs = reader.u64();
      const value = reader.bytes();
      const context = decodeContext(reader);
      // Only a run that can't tell what was there before has to know.
      const answersPrevious = again && reader.u8() === 1;
      return { kind: 'set', condition, keepExpiry, expiryMs, value, context, answersPrevious };
    }
    case KIND_DELETE:
      return { kind: 'delete', context: decodeContext(reader) };
    case KIND_EXPIRE:
      return { kind: 'expire', condition: reader.u8(), expiryMs: reader.u64() };
    case KIND_COMPUTE:
      return { kind: 'compute', operation: decodeStringOperation(reader) };
    case KIND_INCREMENT: {
      const isFloat = reader.u8() === 1;
      const by = parseDecimal(reader.bytes());
      if (by === undefined || by === 'infinite') throw new MalformedFields('an increment is no number');
      return { kind: 'increment', by, isFloat };
    }
    default:
      throw new MalformedFields(`operation ${kind} is not known`);
  }
}

function decodeContext(reader: FieldReader): VersionVector | undefined {
  const bytes = reader.optionalBytes();
  if (bytes === undefined) return undefined;
  const clock = decodeClock(bytes);
  // What is written goes into objects: other replicas take no actor twice, and no counter that is not a safe integer.
  if (clock === undefined || !hasSafeCounters(clock) || !encodeClock(clock).equals(bytes)) {
    throw new MalformedFields('a context is not a version vector');
  }
  return clock;
}

function hasSafeCounters(clock: VersionVector): boolean {
  for (const counter of clock.values()) if (counter > Number.MAX_SAFE_INTEGER) return false;
  return true;
}

export function encodeReply(reply: ForwardedReply): Buffer {
  const writer = new FieldWriter();
  const { failure, object } = reply;
  if (failure !== undefined) {
    writer.u8(1 + FAILURE_CODES.indexOf(failure.code));
    encodeFailure(writer, failure);
    return writer.finish();
  }
  writer
    .u8(0)
    .u8(reply.applied ? 1 : 0)
    .optionalBytes(reply.previous);
  return writer.optionalBytes(object?.subarray(0, objectLength(object))).finish();
}

function encodeFailure(writer: FieldWriter, failure: Failure): void {
  switch (failure.code) {
    case 'WriteQuorumNotMet':
      writer
        .u16(failure.answered)
        .u16(failure.needed)
        .u8(failure.attempted ? 1 : 0);
      break;
    case 'ReadQuorumNotMet':
      writer.u16(failure.answered).u16(failure.needed);
      break;
    default:
      writer.bytes(Buffer.from(failure.reason));
  }
}

/** The reply, its bytes copied. Throws `MalformedFields`. */
export function decodeReply(body: Buffer): ForwardedReply {
  const reader = new FieldReader(Buffer.from(body));
  const code = reader.u8();
  if (code !== 0) {
    const failure = decodeFailure(reader, code - 1);
    reader.end();
    return { failure, applied: false, previous: undefined, object: undefined };
  }
  const applied = reader.u8() === 1;
  const previous = reader.optionalBytes();
  const object = reader.optionalBytes();
  reader.end();
  const fault = object && objectFault(object);
  if (fault !== undefined) throw new MalformedFields(`an object is malformed: ${fault}`);
  return { failure: undefined, applied, previous, object };
}

function decodeFailure(reader: FieldReader, index: number): Failure {
  const code = FAILURE_CODES[index];
  switch (code) {
    case undefined:
      throw new MalformedFields(`failure ${index} is not known`);
    case 'WriteQuorumNotMet':
      return { code, answered: reader.u16(), needed: reader.u16(), attempted: reader.u8() === 1 };
    case 'ReadQuorumNotMet':
      return { code, answered: reader.u16(), needed: reader.u16() };
    default:
      return { code, reason: reader.bytes().toString() };
  }
}
