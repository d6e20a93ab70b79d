/** What one node can ask another about itself: a QUERY whose first byte is the kind, and a FORWARD_REPLY to it. */
import type { NodeId } from '../ring/ring.js';

/** The first byte of a question. Append-only: a number is never given another meaning. */
export const QUERY_KIND = {
  countKeys: 1,
  treeNodes: 2,
  leafKeys: 3,
  reap: 4,
  nodeState: 5,
  strain: 6,
  pull: 7,
  stamp: 8,
  gossip: 9,
  keyspaces: 10,
  scan: 11,
  databases: 12,
  clientPorts: 13,
} as const;

/**
 * Answers one kind of question. `body` is what follows the kind, and is only good during the call. `answer` takes the
 * reply, now or later, once; an empty reply says that the question could not be answered. `address` is where `from` asks from, where that is known.
 */
export type AnswerQuery = (from: NodeId, body: Buffer, answer: (reply: Buffer) => void, address?: string) => void;

/** The questions that this node answers. */
export class Queries {
  readonly #byKind = new Map<number, AnswerQuery>();

  /** From now on questions of `kind` go to `answerQuery`. */
  on(kind: number, answerQuery: AnswerQuery): void {
    this.#byKind.set(kind, answerQuery);
  }

  /** Answers a question from a peer. One of a kind that is not known gets an empty answer. */
  answer(from: NodeId, question: Buffer, answer: (reply: Buffer) => void, address?: string): void {
    const answerQuery = question.length === 0 ? undefined : this.#byKind.get(question.readUInt8(0));
    if (answerQuery === undefined) answer(Buffer.alloc(0));
    else answerQuery(from, question.subarray(1), answer, address);
  }
}
