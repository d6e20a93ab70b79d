/**
 * The question for the keys of leaves (`QUERY_KIND.leafKeys`) and its answer.
 *
 * ```
 *   question:  TREE_VERSION u8 | n u8 | partition u16 | leaves, 128 bytes | after: mark | up to: mark
 *   answer:    0 u8: busy, ask again
 *              1 u8 | up to: mark | count u32 | count x ( db u8 | key | fingerprint u32 | counter u64 | bytes u32 )
 *   mark:      0 u8: none | 1 u8 | db u8 | key          key: length u32, then the bytes
 * ```
 *
 * An empty answer: the question was malformed, about trees of another version, or the store could not be read. A page takes
 * a scan: one is read at a time, and when the governor says so.
 */
import type { Governor } from '../background/governor.js';
import { StoreError } from '../ports/store.js';
import type { World } from '../ports/world.js';
import type { Replica } from '../replica/replica.js';
import type { Partition } from '../ring/slots.js';
import { DB_COUNT } from '../storage/layout.js';
import { FieldReader, FieldWriter, MalformedFields } from '../wire/byte-fields.js';
import type { AnswerQuery } from '../wire/queries.js';
import {
  compareMarks,
  type KeyMark,
  LEAF_SET_BYTES,
  type LeafKeys,
  type LeafPage,
  type LeafRow,
  LeafSet,
  readLeafPage,
} from './leaf-page.js';
import { ANSWER_WAIT_MS, PAGE_KEYS } from './limits.js';
import type { MerkleForest } from './merkle-forest.js';
import { TREE_VERSION } from './merkle-tree.js';

const BUSY = 0;
const PAGE = 1;
const NOTHING = Buffer.alloc(0);

interface LeafQuestion extends LeafKeys {
  readonly after: KeyMark | undefined;
  readonly upTo: KeyMark | undefined;
}

export function encodeLeafQuestion(
  { n, partition, leaves }: LeafKeys,
  after: KeyMark | undefined,
  upTo: KeyMark | undefined,
): Buffer {
  const fields = new FieldWriter().u8(TREE_VERSION).u8(n).u16(partition);
  for (const byte of leaves.bytes) fields.u8(byte);
  writeMark(fields, after);
  writeMark(fields, upTo);
  return fields.finish();
}

/** Undefined: no such answer. */
export function decodeLeafAnswer(answer: Buffer): LeafPage | 'busy' | undefined {
  return reading(() => {
    const fields = new FieldReader(answer);
    const status = fields.u8();
    if (status === BUSY) {
      fields.end();
      return 'busy';
    }
    if (status !== PAGE) return undefined;
    const upTo = readMark(fields);
    const rows: LeafRow[] = [];
    for (let left = fields.u32(); left > 0; left--) {
      const row = { ...readPlace(fields), fingerprint: fields.u32(), counter: fields.u64(), bytes: fields.u32() };
      const last = rows.at(-1);
      if (last !== undefined && compareMarks(last, row) >= 0) return undefined;
      rows.push(row);
    }
    fields.end();
    return { rows, upTo };
  });
}

/** Answers `QUERY_KIND.leafKeys` from a replica. */
export class LeafKeyAnswers {
  readonly #timers: World['timers'];
  readonly #replica: Replica;
  readonly #forest: MerkleForest;
  readonly #governor: Governor;
  /** Asked for, and not yet used: kept for the next question when it comes too late for the one that asked for it. */
  #admission: Promise<boolean> | undefined;
  #answering = false;

  constructor(world: Pick<World, 'timers'>, replica: Replica, forest: MerkleForest, governor: Governor) {
    this.#timers = world.timers;
    this.#replica = replica;
    this.#forest = forest;
    this.#governor = governor;
  }

  readonly answer: AnswerQuery = (_from, body, answer) => {
    const question = decodeLeafQuestion(this.#forest, body);
    if (question === undefined) answer(NOTHING);
    else if (this.#answering) answer(Buffer.of(BUSY));
    else void this.#answer(question, answer);
  };

  async #answer(question: LeafQuestion, answer: (reply: Buffer) => void): Promise<void> {
    this.#answering = true;
    try {
      const admitted = await this.#admitted(question.partition);
      if (admitted === 'late') return answer(Buffer.of(BUSY));
      if (!admitted) return answer(NOTHING);
      const { after, upTo } = question;
      answer(encodePage(await readLeafPage(this.#replica, this.#forest, question, after, upTo)));
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      answer(NOTHING);
    } finally {
      this.#answering = false;
    }
  }

  async #admitted(partition: Partition): Promise<boolean | 'late'> {
    this.#admission ??= this.#governor.admit('exchange', pageUnits(this.#forest, partition));
    const admission = this.#admission;
    const outcome = await new Promise<boolean | 'late'>((resolve) => {
      const timer = this.#timers.after(ANSWER_WAIT_MS, () => resolve('late'));
      void admission.then((go) => {
        timer.stop();
        resolve(go);
      });
    });
    if (outcome !== 'late') this.#admission = undefined;
    return outcome;
  }
}

/** What reading a page of the partition costs, about. */
export function pageUnits(forest: MerkleForest, partition: Partition): number {
  return Math.min(PAGE_KEYS, forest.keys(partition)) + 1;
}

function encodePage({ rows, upTo }: LeafPage): Buffer {
  const fields = new FieldWriter().u8(PAGE);
  writeMark(fields, upTo);
  fields.u32(rows.length);
  for (const { db, key, fingerprint, counter, bytes } of rows) {
    fields.u8(db).text(key).u32(fingerprint).u64(counter).u32(bytes);
  }
  return fields.finish();
}

function decodeLeafQuestion(forest: MerkleForest, body: Buffer): LeafQuestion | undefined {
  return reading(() => {
    const fields = new FieldReader(body);
    if (fields.u8() !== TREE_VERSION) return undefined;
    const n = fields.u8();
    const partition = fields.u16() as Partition;
    if (partition >= forest.partitionCount) return undefined;
    const leaves = Buffer.alloc(LEAF_SET_BYTES);
    for (let i = 0; i < LEAF_SET_BYTES; i++) leaves[i] = fields.u8();
    const after = readMark(fields);
    const upTo = readMark(fields);
    fields.end();
    return { n, partition, leaves: new LeafSet(leaves), after, upTo };
  });
}

function writeMark(fields: FieldWriter, mark: KeyMark | undefined): void {
  if (mark === undefined) fields.u8(0);
  else fields.u8(1).u8(mark.db).text(mark.key);
}

function readMark(fields: FieldReader): KeyMark | undefined {
  return fields.u8() === 0 ? undefined : readPlace(fields);
}

function readPlace(fields: FieldReader): KeyMark {
  const db = fields.u8();
  if (db >= DB_COUNT) throw new MalformedFields('no such database');
  return { db, key: fields.text() };
}

function reading<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof MalformedFields) return undefined;
    throw error;
  }
}
