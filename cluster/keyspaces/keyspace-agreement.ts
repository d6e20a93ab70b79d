/**
 * Whether the nodes of the cluster have the same keyspaces. Rows come from each node's own configuration, and nothing stops two of
 * them from differing: then N, R and W are what the coordinator of the moment says, and R + W > N may hold at no node. It can't be
 * refused, as a change of the rows goes from node to node too, but it is not to go unnoticed.
 *
 * Asked as soon as a link stands, which it does anew when either node has been started with other rows:
 *
 * ```
 *   question   digest 32: SHA-256 of the asker's rows (`keyspaceText`)
 *   answer     u8 1: the same rows
 *              u8 2, the rows of the one that was asked
 * ```
 */
import { createHash } from 'node:crypto';
import { ask } from '../background/peer-calls.js';
import type { Log } from '../ports/log.js';
import type { NodeId } from '../ring/ring.js';
import type { Peer } from '../wire/peer.js';
import { type AnswerQuery, QUERY_KIND } from '../wire/queries.js';
import { keyspaceDifference, keyspaceText } from './keyspace-text.js';
import type { KeyspaceRow } from './keyspaces.js';
import { KEYSPACE_DIFFERENCE_CHARS_MAX } from './limits.js';

const SAME = 1;
const OTHER = 2;
/** So much of what a peer says of its rows is looked at; no configuration has more. */
const TEXT_BYTES_MAX = 256 * 1024;

export class KeyspaceAgreement {
  readonly #log: Log;
  readonly #text: string;
  readonly #digest: Buffer;
  readonly #differences = new Map<NodeId, string>();

  constructor(log: Log, rows: readonly KeyspaceRow[]) {
    this.#log = log;
    this.#text = keyspaceText(rows);
    this.#digest = createHash('sha256').update(this.#text, 'latin1').digest();
  }

  /** The nodes whose rows were others when they were heard of last, and in what they differ. */
  differences(): ReadonlyMap<NodeId, string> {
    return this.#differences;
  }

  /** Answers `QUERY_KIND.keyspaces`. */
  readonly answer: AnswerQuery = (_from, body, answer) => {
    if (body.equals(this.#digest)) answer(Buffer.of(SAME));
    else answer(Buffer.concat([Buffer.of(OTHER), Buffer.from(this.#text, 'latin1')]));
  };

  /** Compares the rows with those of a peer whose link has just come to stand. Never rejects. */
  async compare(peer: Peer): Promise<void> {
    let answer: Buffer | string = 'timeout';
    while (answer === 'timeout') answer = await ask(peer, QUERY_KIND.keyspaces, this.#digest);
    // A peer of an older version does not tell.
    if (typeof answer === 'string' || answer.length === 0) return;
    const isSame = answer.readUInt8(0) === SAME;
    this.#learn(peer, isSame ? '' : keyspaceDifference(this.#text, answer.toString('latin1', 1, TEXT_BYTES_MAX)));
  }

  #learn({ id, address }: Peer, whole: string): void {
    const rows = whole.slice(0, KEYSPACE_DIFFERENCE_CHARS_MAX);
    const before = this.#differences.get(id) ?? '';
    if (rows === before) return;
    const fields = { node: id, peer: `${address.host}:${address.port}`, rows };
    if (rows === '') {
      this.#differences.delete(id);
      this.#log.info(fields, 'the keyspaces of a peer are the same as here again');
    } else {
      this.#differences.set(id, rows);
      this.#log.warn(fields, 'the keyspaces of a peer differ from those of this node: quorums may not overlap');
    }
  }
}
