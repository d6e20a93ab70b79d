import type { PeerSet } from '../peers.js';
import type { World } from '../ports/world.js';
import type { NodeId } from '../ring/ring.js';
import type { Peer } from '../wire/peer.js';
import type { AnswerQuery } from '../wire/queries.js';
import { QUERY_KIND } from '../wire/queries.js';
import { STRAIN_ASKED_MAX, STRAIN_GOOD_US } from './limits.js';
import { ask } from './peer-calls.js';
import { AT_REST, decodeStrain, encodeStrain, type Strain, worst } from './strain.js';

/**
 * How the peers bear it: what this node sends and asks in the background is work for them, and a node without clients of
 * its own would else spare nobody. They are asked only while background work runs here.
 */
export class PeerStrains {
  readonly #clock: World['clock'];
  readonly #peers: Pick<PeerSet, 'values'>;
  readonly #told = new Map<NodeId, { readonly strain: Strain; readonly atUs: number }>();
  readonly #asked = new Set<NodeId>();
  #turn = 0;
  /** When anybody told anything last. */
  #toldUs = Number.NEGATIVE_INFINITY;

  constructor(clock: World['clock'], peers: Pick<PeerSet, 'values'>) {
    this.#clock = clock;
    this.#peers = peers;
  }

  /** Asks those whose turn it is, all where there are few, unless they can't be reached or still owe an answer. */
  askAll(): void {
    const peers = [...this.#peers.values()];
    for (let left = Math.min(STRAIN_ASKED_MAX, peers.length); left > 0; left--) {
      this.#turn = (this.#turn + 1) % peers.length;
      const peer = peers[this.#turn];
      if (peer?.reachable() === true && !this.#asked.has(peer.id)) void this.#ask(peer);
    }
  }

  /** The worst of what was told of late. */
  worst(): Strain {
    const sinceUs = this.#clock.monotonicUs() - STRAIN_GOOD_US;
    if (this.#toldUs < sinceUs) return AT_REST;
    return worst([...this.#told.values()].filter(({ atUs }) => atUs >= sinceUs).map(({ strain }) => strain));
  }

  async #ask(peer: Peer): Promise<void> {
    this.#asked.add(peer.id);
    const answer = await ask(peer, QUERY_KIND.strain, Buffer.alloc(0));
    this.#asked.delete(peer.id);
    const strain = typeof answer === 'string' ? undefined : decodeStrain(answer);
    if (strain === undefined) return;
    this.#toldUs = this.#clock.monotonicUs();
    this.#told.set(peer.id, { strain, atUs: this.#toldUs });
  }
}

/** Answers a peer that asks how this node bears it. */
export function answerStrain(strain: () => Strain): AnswerQuery {
  return (_from, _body, answer) => answer(encodeStrain(strain()));
}
