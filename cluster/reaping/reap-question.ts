/**
 * What the first primary asks the others about objects that it wants to reap. Little-endian.
 *
 * ```
 *   question:  kind u8 | round u8 | partition u16 | count u16 | count × (db u8 | fingerprint u32 | key)
 *   answer:    count × u8: 1, yes; 0, no                       (empty: the question was malformed)
 *   round:     1: do you hold exactly this version, and is it old enough?   2: drop it
 *   key:       length u32, then that many bytes
 * ```
 */

import type { Partition } from '../ring/slots.js';
import { FieldReader, FieldWriter } from '../wire/byte-fields.js';
import { REAP_KEY_BYTES_MAX, REAP_KEYS_MAX } from './limits.js';

/** One version of one key. */
export interface Candidate {
  readonly db: number;
  readonly key: string;
  /** Of its version; see `versionFingerprint`. */
  readonly fingerprint: number;
}

// Append-only.
export const ROUND_HELD = 1;
export const ROUND_DROP = 2;

export interface ReapQuestion {
  readonly round: number;
  readonly partition: Partition;
  readonly candidates: readonly Candidate[];
}

/** The body of the question, without its kind. */
export function encodeReapQuestion({ round, partition, candidates }: ReapQuestion): Buffer {
  const writer = new FieldWriter().u8(round).u16(partition).u16(candidates.length);
  for (const { db, fingerprint, key } of candidates) writer.u8(db).u32(fingerprint).text(key);
  return writer.finish();
}

/** Throws `MalformedFields`. */
export function decodeReapQuestion(body: Buffer): ReapQuestion {
  const reader = new FieldReader(body);
  const round = reader.u8();
  const partition = reader.u16() as Partition;
  const candidates: Candidate[] = [];
  for (let left = reader.u16(); left > 0; left--) {
    candidates.push({ db: reader.u8(), fingerprint: reader.u32(), key: reader.text() });
  }
  reader.end();
  return { round, partition, candidates };
}

/** The candidates cut into lists that fit one question each. */
export function cutToQuestions<C extends Candidate>(candidates: readonly C[]): C[][] {
  const lists: C[][] = [];
  let list: C[] = [];
  let bytes = 0;
  for (const candidate of candidates) {
    const { length } = candidate.key;
    if (list.length >= REAP_KEYS_MAX || (list.length > 0 && bytes + length > REAP_KEY_BYTES_MAX)) {
      lists.push(list);
      list = [];
      bytes = 0;
    }
    list.push(candidate);
    bytes += length;
  }
  if (list.length > 0) lists.push(list);
  return lists;
}
