/**
 * A partition of another node, page by page, in the order of (db, key). Little-endian.
 *
 * ```
 *   question:  partition u16 | begin u8: 0, at the first key; 1, behind: db u8 | key | N u8, or nothing: keys of every N
 *   answer:    more u8 | rows until the end: db u8 | key | object     (empty: the node can't tell)
 *              more: 0, that was the end; 1, ask on behind the last row; 2, behind: db u8 | key, before the rows
 *   key, object: length u32, then that many bytes
 * ```
 */

import type { Keyspaces } from '../keyspaces/keyspaces.js';
import { StoreError } from '../ports/store.js';
import type { Replica } from '../replica/replica.js';
import type { NodeId } from '../ring/ring.js';
import type { Partition } from '../ring/slots.js';
import { DB_COUNT } from '../storage/layout.js';
import { objectFault } from '../version/codec.js';
import { objectLength } from '../version/encoded.js';
import { FieldReader, FieldWriter, MalformedFields } from '../wire/byte-fields.js';
import type { Peer } from '../wire/peer.js';
import { type AnswerQuery, QUERY_KIND } from '../wire/queries.js';
import { PULL_BYTES_MAX, PULL_LOOKED_MAX, PULL_ROWS_MAX } from './limits.js';
import { ask } from './peer-calls.js';

const END = 0;
const BEHIND_LAST_ROW = 1;
const BEHIND_MARK = 2;

/** A place in the order of a partition's keys. */
export interface PullMark {
  readonly db: number;
  /** Binary string. */
  readonly key: string;
}

export interface PulledRow extends PullMark {
  readonly object: Buffer;
}

export interface PulledPage {
  readonly rows: readonly PulledRow[];
  /** The next page begins behind this. Undefined: there is none. */
  readonly next: PullMark | undefined;
}

/** A page that a peer was given. */
export interface GivenPage {
  readonly partition: Partition;
  /** Undefined: of every N. */
  readonly n: number | undefined;
  readonly rows: number;
  readonly bytes: number;
  readonly isLast: boolean;
}

interface PullQuestion {
  readonly partition: Partition;
  readonly after: PullMark | undefined;
  readonly n: number | undefined;
}

/** Answers `QUERY_KIND.pull` from a replica that serves the partition. `gave` hears of every page. */
export function answerPull(
  replica: Replica,
  keyspaces: Keyspaces,
  partitionCount: number,
  gave?: (to: NodeId, page: GivenPage) => void,
): AnswerQuery {
  return (from, body, answer) => {
    const asked = readQuestion(body, partitionCount);
    if (asked === undefined || !replica.serves(asked.partition)) {
      answer(Buffer.alloc(0));
      return;
    }
    readPage(replica, keyspaces, asked).then(
      ({ page, rows, isLast }) => {
        gave?.(from, { partition: asked.partition, n: asked.n, rows, bytes: page.length, isLast });
        answer(page);
      },
      (error: unknown) => {
        if (!(error instanceof StoreError)) throw error;
        answer(Buffer.alloc(0));
      },
    );
  };
}

/** The page of the peer's copy behind `after`, of the keys of N = `n`, or of all. Undefined: it can't tell now. Never rejects. */
export async function pullPage(
  peer: Peer,
  partition: Partition,
  after: PullMark | undefined,
  n?: number,
): Promise<PulledPage | undefined> {
  const answer = await ask(peer, QUERY_KIND.pull, question(partition, after, n));
  return typeof answer === 'string' ? undefined : readAnswer(answer);
}

/** Gives every row of the peer's copy to `take`, a page at a time. Answers whether all came. */
export async function pullPartition(
  peer: Peer,
  partition: Partition,
  take: (rows: readonly PulledRow[]) => Promise<boolean>,
): Promise<boolean> {
  let after: PullMark | undefined;
  for (;;) {
    const page = await pullPage(peer, partition, after);
    if (page === undefined || !(await take(page.rows))) return false;
    after = page.next;
    if (after === undefined) return true;
  }
}

async function readPage(
  replica: Replica,
  keyspaces: Keyspaces,
  { partition, after, n }: PullQuestion,
): Promise<{ page: Buffer; rows: number; isLast: boolean }> {
  const writer = new FieldWriter();
  let rows = 0;
  let bytes = 0;
  let looked = 0;
  let end: PullMark | undefined;
  await replica.scans.scanPartition(
    partition,
    (scanned) => {
      for (const { db, key, record } of scanned) {
        if (n === undefined || keyspaces.of(key).n === n) {
          const length = objectLength(record);
          writer.u8(db).text(key).bytes(record.subarray(0, length));
          rows++;
          bytes += key.length + length;
        }
        looked++;
        if (rows < PULL_ROWS_MAX && bytes < PULL_BYTES_MAX && looked < PULL_LOOKED_MAX) continue;
        end = { db, key };
        return false;
      }
      return true;
    },
    after,
  );
  return { page: Buffer.concat([headerOf(end, n), writer.finish()]), rows, isLast: end === undefined };
}

/** Where the next page begins. Who did not name an N knows of no marks, and needs none: each row that is looked at is in the page. */
function headerOf(end: PullMark | undefined, n: number | undefined): Buffer {
  if (end === undefined) return Buffer.of(END);
  if (n === undefined) return Buffer.of(BEHIND_LAST_ROW);
  return new FieldWriter().u8(BEHIND_MARK).u8(end.db).text(end.key).finish();
}

function question(partition: Partition, after: PullMark | undefined, n: number | undefined): Buffer {
  const writer = new FieldWriter().u16(partition);
  if (after === undefined) writer.u8(0);
  else writer.u8(1).u8(after.db).text(after.key);
  return (n === undefined ? writer : writer.u8(n)).finish();
}

function readQuestion(body: Buffer, partitionCount: number): PullQuestion | undefined {
  return readWhole(body, (reader) => {
    const partition = reader.u16() as Partition;
    const after = reader.u8() === 0 ? undefined : { db: reader.u8(), key: reader.text() };
    const n = reader.isAtEnd() ? undefined : reader.u8();
    reader.end();
    return partition < partitionCount && (after?.db ?? 0) < DB_COUNT ? { partition, after, n } : undefined;
  });
}

function readAnswer(answer: Buffer): PulledPage | undefined {
  return readWhole(answer, (reader) => {
    const more = reader.u8();
    const mark = more === BEHIND_MARK ? { db: reader.u8(), key: reader.text() } : undefined;
    const rows: PulledRow[] = [];
    while (!reader.isAtEnd()) {
      const row = { db: reader.u8(), key: reader.text(), object: reader.bytes() };
      if (row.db >= DB_COUNT || objectFault(row.object) !== undefined) return undefined;
      rows.push(row);
    }
    return { rows, next: more === BEHIND_LAST_ROW ? rows.at(-1) : mark };
  });
}

function readWhole<T>(bytes: Buffer, read: (reader: FieldReader) => T | undefined): T | undefined {
  try {
    return read(new FieldReader(bytes));
  } catch (error) {
    if (error instanceof MalformedFields) return undefined;
    throw error;
  }
}
