/**
 * On which ports the other nodes serve their clients. The history of the members names one port for each node; where clients
 * come over TLS too there are two, and a client is to be told the one that speaks what it speaks.
 *
 * Asked by a node that itself serves clients over TLS, as soon as a link stands; it stands anew when the peer was restarted.
 *
 * ```
 *   question   nothing
 *   answer     u16 port for plaintext | u16 port for TLS; 0: none. Little-endian; later versions may append
 * ```
 */
import { ask } from '../background/peer-calls.js';
import type { NodeId } from '../ring/ring.js';
import type { Peer } from '../wire/peer.js';
import { type AnswerQuery, QUERY_KIND } from '../wire/queries.js';
import type { Member } from './membership.js';

/** Where a node serves its clients; 0: not at all. */
export interface ClientPorts {
  readonly plain: number;
  readonly tls: number;
}

const ANSWER_BYTES = 4;
const PORT_MAX = 65_535;
const NOTHING = Buffer.alloc(0);

export class PortBook {
  readonly #own: ClientPorts;
  readonly #self: Member;
  readonly #heard = new Map<NodeId, ClientPorts>();

  /** `own` undefined: this node serves clients on the port that the members know, and without TLS. */
  constructor(self: Member, own: ClientPorts | undefined) {
    this.#self = self;
    this.#own = own ?? { plain: self.port, tls: 0 };
  }

  /** Answers `QUERY_KIND.clientPorts`. */
  readonly answer: AnswerQuery = (_from, _body, answer) => {
    const reply = Buffer.alloc(ANSWER_BYTES);
    reply.writeUInt16LE(this.#own.plain, 0);
    reply.writeUInt16LE(this.#own.tls, 2);
    answer(reply);
  };

  /** Asks a peer whose link has just come to stand, if this node has clients that must know. Never rejects. */
  async learn(peer: Peer): Promise<void> {
    if (this.#own.tls === 0) return;
    let answer: Buffer | string = 'timeout';
    while (answer === 'timeout') answer = await ask(peer, QUERY_KIND.clientPorts, NOTHING);
    if (typeof answer === 'string') return;
    // One of an older version does not know the question, and speaks no TLS.
    this.#heard.set(
      peer.id,
      answer.length < ANSWER_BYTES
        ? { plain: 0, tls: 0 }
        : { plain: answer.readUInt16LE(0), tls: answer.readUInt16LE(2) },
    );
  }

  /** Where that node serves its clients. One that has not told yet is taken to be set up as this one is. */
  portsOf(member: Member): ClientPorts {
    if (member.id === this.#self.id) return this.#own;
    const heard = this.#heard.get(member.id);
    if (heard !== undefined) return heard.plain === 0 && heard.tls === 0 ? { plain: member.port, tls: 0 } : heard;
    if (this.#own.tls === 0) return { plain: member.port, tls: 0 };
    if (this.#own.plain === 0) return { plain: 0, tls: member.port };
    const guess = member.port + this.#own.tls - this.#own.plain;
    return { plain: member.port, tls: guess >= 1 && guess <= PORT_MAX ? guess : 0 };
  }
}
