import type { Pause } from '../background/pause.js';
import { ask } from '../background/peer-calls.js';
import type { Peer } from '../wire/peer.js';
import { QUERY_KIND } from '../wire/queries.js';
import { ExchangeFault } from './exchange-fault.js';
import type { ExchangeNode } from './exchange-node.js';
import { decodeLeafAnswer, encodeLeafQuestion } from './leaf-keys.js';
import { compareMarks, type KeyMark, type LeafKeys, type LeafPage } from './leaf-page.js';
import { BUSY_MAX, BUSY_PAUSE_MS } from './limits.js';
import { decodeTreeAnswer, encodeTreeQuestion, type TreeNodes } from './tree-nodes.js';

/** The other node of an exchange, as one that answers questions about its trees. Rejects with `ExchangeFault`. */
export class TreePeer {
  readonly #node: ExchangeNode;
  readonly #peer: Peer;
  readonly #pause: Pause;

  constructor(node: ExchangeNode, peer: Peer, pause: Pause) {
    this.#node = node;
    this.#peer = peer;
    this.#pause = pause;
  }

  /** The hashes of these nodes of its trees, at most TREE_NODES_MAX; undefined where a tree can't be used. */
  async treeNodes(asked: readonly TreeNodes[]): Promise<(Buffer | undefined)[]> {
    await this.admit(asked.length);
    const answer = await this.#ask(QUERY_KIND.treeNodes, encodeTreeQuestion(asked));
    const hashes = decodeTreeAnswer(asked, answer);
    if (hashes === undefined) throw new ExchangeFault('malformed');
    return hashes;
  }

  /** What it holds of the keys between two marks; a page may end before the second. */
  async leafPage(leaves: LeafKeys, after: KeyMark | undefined, upTo: KeyMark | undefined): Promise<LeafPage> {
    const question = encodeLeafQuestion(leaves, after, upTo);
    for (let tries = 0; tries < BUSY_MAX; tries++) {
      const page = decodeLeafAnswer(await this.#ask(QUERY_KIND.leafKeys, question));
      if (page === undefined) throw new ExchangeFault('malformed');
      if (page !== 'busy') {
        if (!isBetween(page, after, upTo)) throw new ExchangeFault('malformed');
        return page;
      }
      if (!(await this.#pause.sleep(BUSY_PAUSE_MS))) throw new ExchangeFault('stopped');
    }
    throw new ExchangeFault('busy');
  }

  /** Waits for this node's own governor. */
  async admit(units: number): Promise<void> {
    if (!(await this.#node.governor.admit('exchange', units))) throw new ExchangeFault('stopped');
  }

  async #ask(kind: number, question: Buffer): Promise<Buffer> {
    const answer = await ask(this.#peer, kind, question);
    const { counters } = this.#node;
    counters.exchange_tree_bytes += question.length;
    if (typeof answer === 'string') throw new ExchangeFault(answer);
    counters.exchange_tree_bytes += answer.length;
    if (answer.length === 0) throw new ExchangeFault('declined');
    return answer;
  }
}

/** Whether a page is what was asked for: so that the next one begins further on, and nothing stands in two. */
function isBetween({ rows, upTo: end }: LeafPage, after: KeyMark | undefined, upTo: KeyMark | undefined): boolean {
  const first = rows[0];
  const last = rows.at(-1);
  if (end === undefined && upTo !== undefined) return false;
  if (end !== undefined && after !== undefined && compareMarks(end, after) <= 0) return false;
  if (end !== undefined && upTo !== undefined && compareMarks(end, upTo) > 0) return false;
  if (first !== undefined && after !== undefined && compareMarks(first, after) <= 0) return false;
  return last === undefined || end === undefined || compareMarks(last, end) <= 0;
}
