/**
 * The bytes in which nodes tell each other of the databases, and in which a node keeps them. Little-endian.
 *
 * ```
 *   state      watermark u64, by stored database, 16 times | stamp u64 | node 20 | stored database u8, by client's number, 16 times
 *   question   when u8: 0, answer at once; 1, once what is new of it is on disk | state of the asker
 *   answer     verdict u8 | counter u64: the highest that the one that was asked knows of | its state, after it has taken that of
 *              the asker
 *   row        state | swept u64, by stored database, 16 times
 * ```
 *
 * Readers pass over what follows.
 */

import type { NodeId } from '../ring/ring.js';
import { DB_COUNT } from '../storage/layout.js';
import { FieldReader, FieldWriter, MalformedFields } from '../wire/byte-fields.js';
import type { DatabaseState } from './database-state.js';

const NODE_ID_BYTES = 20;

/** When a question is to be answered. */
export const AT_ONCE = 0;
export const ONCE_STORED = 1;

/** What the one that was asked has done: taken the state; refused it, as a time in it is too far ahead; not been able to store it. */
export const TAKEN = 0;
export const TOO_FAR_AHEAD = 1;
export const NOT_STORED = 2;

export interface DatabaseQuestion {
  readonly when: number;
  readonly state: DatabaseState;
}

export interface DatabaseAnswer {
  readonly verdict: number;
  readonly counter: number;
  readonly state: DatabaseState;
}

/** What a node keeps: the state, and up to where it has swept its own store. */
export interface KeptDatabases {
  readonly state: DatabaseState;
  readonly swept: readonly number[];
}

export function encodeQuestion({ when, state }: DatabaseQuestion): Buffer {
  return writeState(new FieldWriter().u8(when), state).finish();
}

/** Undefined: the bytes are none. */
export function decodeQuestion(bytes: Buffer): DatabaseQuestion | undefined {
  return read(bytes, (reader) => ({ when: reader.u8(), state: readState(reader) }));
}

export function encodeAnswer({ verdict, counter, state }: DatabaseAnswer): Buffer {
  return writeState(new FieldWriter().u8(verdict).u64(counter), state).finish();
}

/** Undefined: the bytes are none. */
export function decodeAnswer(bytes: Buffer): DatabaseAnswer | undefined {
  return read(bytes, (reader) => ({ verdict: reader.u8(), counter: reader.u64(), state: readState(reader) }));
}

export function encodeRow({ state, swept }: KeptDatabases): Buffer {
  return writeCounters(writeState(new FieldWriter(), state), swept).finish();
}

/** Undefined: the bytes are none. */
export function decodeRow(bytes: Buffer): KeptDatabases | undefined {
  return read(bytes, (reader) => ({ state: readState(reader), swept: readCounters(reader) }));
}

function writeState(writer: FieldWriter, { watermarks, order }: DatabaseState): FieldWriter {
  writeCounters(writer, watermarks).u64(order.stamp).raw(Buffer.from(order.node, 'hex'));
  for (const db of order.stored) writer.u8(db);
  return writer;
}

function writeCounters(writer: FieldWriter, counters: readonly number[]): FieldWriter {
  for (const counter of counters) writer.u64(counter);
  return writer;
}

function readState(reader: FieldReader): DatabaseState {
  const watermarks = readCounters(reader);
  const stamp = reader.u64();
  const node = reader.raw(NODE_ID_BYTES).toString('hex') as NodeId;
  const stored = Array.from({ length: DB_COUNT }, () => reader.u8());
  const isPermutation = new Set(stored).size === DB_COUNT && stored.every((db) => db < DB_COUNT);
  if (!isPermutation) throw new MalformedFields('the order of databases is not one');
  return { watermarks, order: { stamp, node, stored } };
}

function readCounters(reader: FieldReader): number[] {
  return Array.from({ length: DB_COUNT }, () => reader.u64());
}

function read<T>(bytes: Buffer, take: (reader: FieldReader) => T): T | undefined {
  try {
    return take(new FieldReader(bytes));
  } catch (error) {
    if (error instanceof MalformedFields) return undefined;
    throw error;
  }
}
