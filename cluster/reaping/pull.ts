/**
 * A whole partition of another node, page by page. Little-endian.
 *
 * ```
 *   question:  kind u8 | partition u16 | begin u8: 0, at the first key; 1, behind: db u8 | key
 *   answer:    more u8 | rows until the end: db u8 | key | object     (empty: the node can't tell)
 *   key, object: length u32, then that many bytes
 * ```
 */
import { ask } from '../background/peer-calls.js';
import { FieldReader, FieldWriter, MalformedFields } from '../coordinator/byte-fields.js';
import { type AnswerQuery, QUERY_KIND } from '../coordinator/queries.js';
import { StoreError } from '../ports/store.js';
import type { Replica } from '../replica/replica.js';
import type { Partition } from '../ring/slots.js';
import { DB_COUNT } from '../storage/layout.js';
import { objectFault } from '../version/codec.js';
import { objectLength } from '../version/encoded.js';
import type { Peer } from '../wire/peer.js';
import { PULL_BYTES_MAX, PULL_ROWS_MAX } from './limits.js';

interface KeyPlace {
  readonly db: number;
  readonly key: string;
}

export interface PulledRow extends KeyPlace {
  readonly object: Buffer;
}

/** Answers `QUERY_KIND.pull` from a replica that serves the partition. */
export function answerPull(replica: Replica, partitionCount: number): AnswerQuery {
  return (_from, body, answer) => {
    const question = readQuestion(body, partitionCount);
    if (question === undefined || !replica.serves(question.partition)) {
      answer(Buffer.alloc(0));
      return;
    }
    readPage(replica, question.partition, question.after).then(answer, (error: unknown) => {
      if (!(error instanceof StoreError)) throw error;
      answer(Buffer.alloc(0));
    });
  };
}

/** Gives every row of the peer's copy to `take`, a page at a time. Answers whether all came. */
export async function pullPartition(
  peer: Peer,
  partition: Partition,
  take: (rows: readonly PulledRow[]) => Promise<boolean>,
): Promise<boolean> {
  let after: KeyPlace | undefined;
  for (;;) {
    const answer = await ask(peer, QUERY_KIND.pull, question(partition, after));
    const page = typeof answer === 'string' ? undefined : readAnswer(answer);
    if (page === undefined || !(await take(page.rows))) return false;
    after = page.rows.at(-1);
    if (!page.more || after === undefined) return true;
  }
}

async function readPage(replica: Replica, partition: Partition, after: KeyPlace | undefined): Promise<Buffer> {
  const writer = new FieldWriter().u8(1);
  let rows = 0;
  let bytes = 0;
  let isFull = false;
  await replica.scanPartition(
    partition,
    (scanned) => {
      for (const { db, key, record } of scanned) {
        const length = objectLength(record);
        writer.u8(db).text(key).bytes(record.subarray(0, length));
        rows++;
        bytes += key.length + length;
        isFull = rows >= PULL_ROWS_MAX || bytes >= PULL_BYTES_MAX;
        if (isFull) return false;
      }
      return true;
    },
    after,
  );
  const page = writer.finish();
  page[0] = isFull ? 1 : 0;
  return page;
}

function question(partition: Partition, after: KeyPlace | undefined): Buffer {
  const writer = new FieldWriter().u16(partition);
  return after === undefined ? writer.u8(0).finish() : writer.u8(1).u8(after.db).text(after.key).finish();
}

function readQuestion(
  body: Buffer,
  partitionCount: number,
): { partition: Partition; after: KeyPlace | undefined } | undefined {
  return readWhole(body, (reader) => {
    const partition = reader.u16() as Partition;
    const after = reader.u8() === 0 ? undefined : { db: reader.u8(), key: reader.text() };
    reader.end();
    return partition < partitionCount && (after?.db ?? 0) < DB_COUNT ? { partition, after } : undefined;
  });
}

function readAnswer(answer: Buffer): { more: boolean; rows: PulledRow[] } | undefined {
  return readWhole(answer, (reader) => {
    const more = reader.u8() === 1;
    const rows: PulledRow[] = [];
    while (!reader.isAtEnd()) {
      const row = { db: reader.u8(), key: reader.text(), object: reader.bytes() };
      if (row.db >= DB_COUNT || objectFault(row.object) !== undefined) return undefined;
      rows.push(row);
    }
    return { more, rows };
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
