/**
 * How many keys the whole cluster holds: every partition is counted by the first reachable node that serves it.
 *
 * ```
 *   question:  kind u8 | db u8 | bit i of the rest: partition i is asked for
 *   answer:    count u64
 * ```
 */
import type { Replica } from '../replica/replica.js';
import type { Partition } from '../ring/slots.js';
import { readU64, writeU64 } from '../version/words.js';
import type { Peer, ReplyHandler } from '../wire/peer.js';
import { type AnswerQuery, QUERY_KIND } from '../wire/queries.js';
import type { Coordination } from './coordination.js';
import { isReachable, type Target } from './routes.js';

const DB_BYTES = 1;
const QUESTION_HEADER_BYTES = 1 + DB_BYTES;
const ANSWER_BYTES = 8;

/**
 * Counts the live keys of database `db`. Where a node fails while it is asked, the next reachable node counts in its place.
 * Partitions that no reachable node holds are not counted; `missing` says how many those are.
 */
export function countKeys(node: Coordination, db: number, done: (count: number, missing: number) => void): void {
  new KeyCount(node, db, done).ask(allPartitions(node));
}

/** Answers `QUERY_KIND.countKeys` from `replica`. */
export function answerKeyCount(replica: Replica): AnswerQuery {
  return (_from, body, answer) => {
    if (body.length < DB_BYTES) {
      answer(Buffer.alloc(0));
      return;
    }
    const partitions: Partition[] = [];
    for (let bit = 0; bit < (body.length - DB_BYTES) * 8; bit++) {
      if ((body.readUInt8(DB_BYTES + (bit >> 3)) & (1 << (bit & 7))) !== 0) partitions.push(bit as Partition);
    }
    const reply = Buffer.alloc(ANSWER_BYTES);
    writeU64(reply, 0, replica.counts.live(body.readUInt8(0), partitions));
    answer(reply);
  };
}

class KeyCount {
  readonly #node: Coordination;
  readonly #db: number;
  readonly #done: (count: number, missing: number) => void;
  readonly #failed: Target[] = [];
  #count = 0;
  #missing = 0;
  #outstanding = 0;

  constructor(node: Coordination, db: number, done: (count: number, missing: number) => void) {
    this.#node = node;
    this.#db = db;
    this.#done = done;
  }

  ask(partitions: readonly Partition[]): void {
    const byTarget = new Map<Target, Partition[]>();
    // Who is a primary with the least N is one with every other.
    const [leastN = 1] = this.#node.keyspaces.ns;
    for (const partition of partitions) {
      const { targets } = this.#node.routes.placement(partition, leastN);
      const target = targets.find((candidate) => isReachable(candidate) && !this.#failed.includes(candidate));
      const asked = target && byTarget.get(target);
      if (target === undefined) this.#missing++;
      else if (asked === undefined) byTarget.set(target, [partition]);
      else asked.push(partition);
    }
    this.#outstanding++;
    for (const [target, asked] of byTarget) this.#askOne(target, asked);
    this.#settle();
  }

  #askOne(target: Target, partitions: readonly Partition[]): void {
    if (target.peer === undefined) {
      this.#count += this.#node.replica.counts.live(this.#db, partitions);
      return;
    }
    this.#outstanding++;
    const handler: ReplyHandler = {
      putReplied: () => undefined,
      getReplied: () => undefined,
      forwardReplied: (_peer: Peer, body: Buffer) => {
        if (body.length === ANSWER_BYTES) this.#count += readU64(body, 0);
        else this.#missing += partitions.length;
        this.#settle();
      },
      failed: () => {
        this.#failed.push(target);
        this.ask(partitions);
        this.#settle();
      },
    };
    target.peer.query(handler, question(this.#db, partitions, this.#node.routes.partitionCount));
  }

  #settle(): void {
    this.#outstanding--;
    if (this.#outstanding === 0) this.#done(this.#count, this.#missing);
  }
}

function question(db: number, partitions: readonly Partition[], partitionCount: number): Buffer {
  const body = Buffer.alloc(QUESTION_HEADER_BYTES + Math.ceil(partitionCount / 8));
  body[0] = QUERY_KIND.countKeys;
  body[1] = db;
  for (const partition of partitions) {
    const at = QUESTION_HEADER_BYTES + (partition >> 3);
    body[at] = body.readUInt8(at) | (1 << (partition & 7));
  }
  return body;
}

function allPartitions(node: Coordination): Partition[] {
  return Array.from({ length: node.routes.partitionCount }, (_, partition) => partition as Partition);
}
