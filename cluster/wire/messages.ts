/**
 * HOT PATH. The messages: one row each, how they are written and how they are read. `PROTOCOL.md` draws their bytes.
 *
 * Reading never trusts a length. Readers give the reason why a body is not acceptable, or undefined.
 */
import type { NodeId } from '../ring/ring.js';
import { objectFault } from '../version/codec.js';
import { appendHeader } from './frames.js';
import { CLOSING_TEXT_BYTES_MAX, DATABASES_MAX, DURABILITY_MAX, KEY_BYTES_MAX } from './limits.js';
import type { OutBuffer } from './out-buffer.js';

// Kinds are append-only: a number is never given to another message, and a body never changes (see PROTOCOL.md).
export const HELLO = 1;
export const CHALLENGE = 2;
export const PROOF = 3;
export const READY = 4;
export const CLOSING = 5;
export const PING = 6;
export const PONG = 7;
export const PUT = 16;
export const PUT_REPLY = 17;
export const GET = 18;
export const GET_REPLY = 19;
export const FORWARD = 20;
export const FORWARD_REPLY = 21;
export const QUERY = 22;
export const DECLINED = 24;
export const PUT_HINTED = 25;

/** The id of the first request of a link; each further one is one more, wrapping at 2^32. */
export const FIRST_REQUEST_ID = 1;

interface MessageRow {
  readonly kind: number;
  readonly name: string;
  readonly from: 'dialler' | 'listener' | 'either';
  readonly body: string;
}

export const MESSAGES: readonly MessageRow[] = [
  { kind: HELLO, name: 'HELLO', from: 'dialler', body: 'greeting' },
  { kind: CHALLENGE, name: 'CHALLENGE', from: 'listener', body: 'greeting' },
  { kind: PROOF, name: 'PROOF', from: 'dialler', body: 'mac 32' },
  { kind: READY, name: 'READY', from: 'listener', body: 'mac 32' },
  { kind: CLOSING, name: 'CLOSING', from: 'either', body: 'code u16, text' },
  { kind: PING, name: 'PING', from: 'dialler', body: '' },
  { kind: PONG, name: 'PONG', from: 'listener', body: '' },
  { kind: PUT, name: 'PUT', from: 'dialler', body: 'partition u16, db u8, durability u8, key length u32, key, object' },
  { kind: PUT_REPLY, name: 'PUT_REPLY', from: 'listener', body: 'status u8' },
  { kind: GET, name: 'GET', from: 'dialler', body: 'partition u16, db u8, fingerprint u32, key' },
  { kind: GET_REPLY, name: 'GET_REPLY', from: 'listener', body: 'verdict u8, object' },
  { kind: FORWARD, name: 'FORWARD', from: 'dialler', body: 'operation' },
  { kind: FORWARD_REPLY, name: 'FORWARD_REPLY', from: 'listener', body: 'result' },
  { kind: QUERY, name: 'QUERY', from: 'dialler', body: 'question' },
  { kind: DECLINED, name: 'DECLINED', from: 'listener', body: '' },
  { kind: PUT_HINTED, name: 'PUT_HINTED', from: 'dialler', body: 'target 20, then as PUT' },
];

/** Why the last frame of a link is the last. Append-only. */
export const CLOSING_CODES = {
  malformed: 1,
  version: 2,
  cluster: 3,
  partitions: 4,
  self: 5,
  secret: 6,
  node: 7,
  busy: 8,
  late: 9,
  replaced: 10,
  stopping: 11,
  overflow: 12,
} as const;
export type ClosingReason = keyof typeof CLOSING_CODES;

const { version, cluster, partitions, self, secret, node } = CLOSING_CODES;
const MISFITS: ReadonlySet<number> = new Set([version, cluster, partitions, self, secret, node]);

const PUT_FIELDS_BYTES = 8;
const TARGET_BYTES = 20;
const GET_FIELDS_BYTES = 7;
/** `verdict` of a GET_REPLY. */
const NOTHING = 0;
const SAME = 1;
const OBJECT = 2;
/**
 * Copying a whole Buffer is several times cheaper than copying a part of it, so an object with a short tail (a stored
 * record's note) is copied with its tail, and what is appended next overwrites that.
 */
const TAIL_BYTES_MAX = 64;

/** A message's name for the log. */
export function messageName(kind: number): string {
  return MESSAGES.find((row) => row.kind === kind)?.name ?? `kind ${kind}`;
}

/** Bytes of a PUT's body. */
export function putBodyBytes(key: string, objectLength: number): number {
  return PUT_FIELDS_BYTES + key.length + objectLength;
}

/** Appends a PUT of `object[0 .. objectLength)`. `key` is a binary string. */
export function appendPut(
  out: OutBuffer,
  requestId: number,
  partition: number,
  db: number,
  durability: number,
  key: string,
  object: Buffer,
  objectLength: number,
): void {
  const at = appendHeader(out, PUT, requestId, putBodyBytes(key, objectLength), object.length - objectLength);
  writePut(out.bytes, at, partition, db, durability, key, object, objectLength);
}

/** Bytes of a PUT_HINTED's body. */
export function putHintedBodyBytes(key: string, objectLength: number): number {
  return TARGET_BYTES + putBodyBytes(key, objectLength);
}

/** Appends a PUT_HINTED of `object[0 .. objectLength)`: the listener stands in for `target`. */
export function appendPutHinted(
  out: OutBuffer,
  requestId: number,
  target: NodeId,
  partition: number,
  db: number,
  durability: number,
  key: string,
  object: Buffer,
  objectLength: number,
): void {
  const bodyBytes = putHintedBodyBytes(key, objectLength);
  const at = appendHeader(out, PUT_HINTED, requestId, bodyBytes, object.length - objectLength);
  out.bytes.write(target, at, TARGET_BYTES, 'hex');
  writePut(out.bytes, at + TARGET_BYTES, partition, db, durability, key, object, objectLength);
}

export function appendPutReply(out: OutBuffer, requestId: number, status: number): void {
  const at = appendHeader(out, PUT_REPLY, requestId, 1);
  out.bytes[at] = status;
}

/** Bytes of a GET's body. */
export function getBodyBytes(key: string): number {
  return GET_FIELDS_BYTES + key.length;
}

/** Appends a GET. `fingerprint` is that of the version that the asker holds, 0: none. `key` is a binary string. */
export function appendGet(
  out: OutBuffer,
  requestId: number,
  partition: number,
  db: number,
  key: string,
  fingerprint: number,
): void {
  const at = appendHeader(out, GET, requestId, GET_FIELDS_BYTES + key.length);
  const { bytes } = out;
  bytes.writeUInt16LE(partition, at);
  bytes[at + 2] = db;
  bytes.writeUInt32LE(fingerprint, at + 3);
  writeKey(bytes, at + GET_FIELDS_BYTES, key);
}

/** Appends the answer to a GET: the asker's version is ours, or `object[0 .. objectLength)`, or there is nothing. */
export function appendGetReply(
  out: OutBuffer,
  requestId: number,
  same: boolean,
  object: Buffer | undefined,
  objectLength: number,
): void {
  if (same || object === undefined) {
    const at = appendHeader(out, GET_REPLY, requestId, 1);
    out.bytes[at] = same ? SAME : NOTHING;
    return;
  }
  const at = appendHeader(out, GET_REPLY, requestId, 1 + objectLength, object.length - objectLength);
  out.bytes[at] = OBJECT;
  copyObject(out.bytes, at + 1, object, objectLength);
}

/** Appends a message whose body is already encoded (FORWARD, QUERY, FORWARD_REPLY) or empty. */
export function appendWhole(out: OutBuffer, kind: number, requestId: number, body: Buffer | undefined): void {
  const at = appendHeader(out, kind, requestId, body?.length ?? 0);
  if (body !== undefined) out.bytes.set(body, at);
}

/** Appends a CLOSING; a text that is too long is cut. */
export function appendClosing(out: OutBuffer, reason: ClosingReason, text: string): void {
  const encoded = Buffer.from(text).subarray(0, CLOSING_TEXT_BYTES_MAX);
  const at = appendHeader(out, CLOSING, 0, 2 + encoded.length);
  out.bytes.writeUInt16LE(CLOSING_CODES[reason], at);
  out.bytes.set(encoded, at + 2);
}

/** What a CLOSING says, fit for a log: printable ASCII only, as it may come from a stranger. */
export function readClosing(bytes: Buffer, start: number, end: number): string {
  if (end - start < 2) return 'no reason given';
  const code = bytes.readUInt16LE(start);
  const name = Object.entries(CLOSING_CODES).find(([, row]) => row === code)?.[0] ?? `code ${code}`;
  const textEnd = Math.min(end, start + 2 + CLOSING_TEXT_BYTES_MAX);
  const text = bytes.toString('latin1', start + 2, textEnd).replace(/[^\x20-\x7e]/g, '?');
  return `${name}: ${text}`;
}

/** Whether a CLOSING says that the two nodes can't be in one cluster as they are configured. */
export function saysMisfit(bytes: Buffer, start: number, end: number): boolean {
  return end - start >= 2 && MISFITS.has(bytes.readUInt16LE(start));
}

const NO_BYTES = Buffer.alloc(0);

/** The fields of the PUT that was read last. */
export class PutFields {
  partition = 0;
  db = 0;
  durability = 0;
  key = '';
  object: Buffer = NO_BYTES;

  /** Reads the body in `bytes[start .. end)`; `object` becomes a slice of it. */
  read(bytes: Buffer, start: number, end: number, partitionCount: number): string | undefined {
    if (end - start < PUT_FIELDS_BYTES) return 'PUT is cut off';
    this.partition = bytes.readUInt16LE(start);
    this.db = bytes.readUInt8(start + 2);
    this.durability = bytes.readUInt8(start + 3);
    const fault = addressFault(this.partition, partitionCount, this.db);
    if (fault !== undefined) return fault;
    if (this.durability > DURABILITY_MAX) return `durability ${this.durability} is not known`;
    const keyBytes = bytes.readUInt32LE(start + 4);
    if (keyBytes > KEY_BYTES_MAX) return `key of ${keyBytes} bytes is longer than ${KEY_BYTES_MAX}`;
    const keyStart = start + PUT_FIELDS_BYTES;
    const keyEnd = keyStart + keyBytes;
    if (keyEnd > end) return 'key is cut off';
    this.key = bytes.toString('latin1', keyStart, keyEnd);
    this.object = bytes.subarray(keyEnd, end);
    return objectFault(this.object);
  }

  /** Lets go of the slice. */
  clear(): void {
    this.object = NO_BYTES;
  }
}

/** The fields of the PUT_HINTED that was read last. */
export class PutHintedFields {
  /** Whom the listener is to stand in for. */
  target = '' as NodeId;
  readonly put = new PutFields();

  /** Reads the body in `bytes[start .. end)`; `put.object` becomes a slice of it. */
  read(bytes: Buffer, start: number, end: number, partitionCount: number): string | undefined {
    if (end - start < TARGET_BYTES) return 'PUT_HINTED is cut off';
    this.target = bytes.toString('hex', start, start + TARGET_BYTES) as NodeId;
    return this.put.read(bytes, start + TARGET_BYTES, end, partitionCount);
  }
}

/** The fields of the GET that was read last. */
export class GetFields {
  partition = 0;
  db = 0;
  fingerprint = 0;
  key = '';

  /** Reads the body in `bytes[start .. end)`. */
  read(bytes: Buffer, start: number, end: number, partitionCount: number): string | undefined {
    if (end - start < GET_FIELDS_BYTES) return 'GET is cut off';
    this.partition = bytes.readUInt16LE(start);
    this.db = bytes.readUInt8(start + 2);
    const fault = addressFault(this.partition, partitionCount, this.db);
    if (fault !== undefined) return fault;
    this.fingerprint = bytes.readUInt32LE(start + 3);
    const keyStart = start + GET_FIELDS_BYTES;
    if (end - keyStart > KEY_BYTES_MAX) return `key of ${end - keyStart} bytes is longer than ${KEY_BYTES_MAX}`;
    this.key = bytes.toString('latin1', keyStart, end);
    return undefined;
  }
}

/** The fields of the GET_REPLY that was read last. */
export class GetReplyFields {
  same = false;
  object: Buffer | undefined;

  /** Reads the body in `bytes[start .. end)`; `object` becomes a slice of it. */
  read(bytes: Buffer, start: number, end: number): string | undefined {
    this.object = undefined;
    if (end === start) return 'GET_REPLY is cut off';
    const verdict = bytes.readUInt8(start);
    this.same = verdict === SAME;
    if (verdict === OBJECT) {
      this.object = bytes.subarray(start + 1, end);
      return objectFault(this.object);
    }
    if (verdict > OBJECT) return `verdict ${verdict} of a GET_REPLY is not known`;
    return end === start + 1 ? undefined : 'bytes follow the verdict';
  }
}

function addressFault(partition: number, partitionCount: number, db: number): string | undefined {
  if (partition >= partitionCount) return `partition ${partition} is not one of ${partitionCount}`;
  return db < DATABASES_MAX ? undefined : `database ${db} is not one of ${DATABASES_MAX}`;
}

function writePut(
  bytes: Buffer,
  at: number,
  partition: number,
  db: number,
  durability: number,
  key: string,
  object: Buffer,
  objectLength: number,
): void {
  bytes.writeUInt16LE(partition, at);
  bytes[at + 2] = db;
  bytes[at + 3] = durability;
  bytes.writeUInt32LE(key.length, at + 4);
  writeKey(bytes, at + PUT_FIELDS_BYTES, key);
  copyObject(bytes, at + PUT_FIELDS_BYTES + key.length, object, objectLength);
}

/** Short keys are cheaper to write a char at a time than through a native call. */
const KEY_LOOP_MAX = 24;

function writeKey(bytes: Buffer, at: number, key: string): void {
  const { length } = key;
  if (length > KEY_LOOP_MAX) bytes.write(key, at, 'latin1');
  else for (let i = 0; i < length; i++) bytes[at + i] = key.charCodeAt(i);
}

function copyObject(bytes: Buffer, at: number, object: Buffer, objectLength: number): void {
  if (object.length - objectLength <= TAIL_BYTES_MAX) bytes.set(object, at);
  else object.copy(bytes, at, 0, objectLength);
}
