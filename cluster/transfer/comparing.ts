/** The check at the end of a transfer: an exchange with the primaries, of many places at once. */
import type { SharedTree } from '../anti-entropy/comparison.js';
import { Exchange } from '../anti-entropy/exchange.js';
import type { Pause } from '../background/pause.js';
import type { NodeId } from '../ring/ring.js';
import type { Peer } from '../wire/peer.js';
import { type Place, rolesOf } from './roles.js';
import type { TransferNode } from './transfer-node.js';
import { numberOf } from './transfer-rows.js';

/** The check leaves nothing for another exchange. */
const NOTHING_IS_RECENT_MS = 0;

/** A place, and with whom it is to be compared. */
export interface Asked {
  readonly place: Place;
  readonly peers: readonly Peer[];
}

export class Comparing {
  readonly #node: TransferNode;
  readonly #pause: Pause;

  constructor(node: TransferNode, pause: Pause) {
    this.#node = node;
    this.#pause = pause;
  }

  /** The other primaries of the place that can be reached. */
  partnersOf(place: Place): Peer[] {
    const { membership, peers } = this.#node;
    return rolesOf(membership, place).primaries.flatMap((id) => {
      const peer = id === membership.self.id ? undefined : peers.get(id);
      return peer?.reachable() === true ? [peer] : [];
    });
  }

  /** Exchanges all of these. Answers, by the number of each place, with whom it is the same now. Never rejects. */
  async equal(asked: readonly Asked[]): Promise<Map<number, Set<NodeId>>> {
    const byPeer = new Map<Peer, SharedTree[]>();
    for (const { place, peers } of asked) {
      for (const peer of peers) byPeer.set(peer, [...(byPeer.get(peer) ?? []), place]);
    }
    const equal = new Map<number, Set<NodeId>>();
    await Promise.all(
      [...byPeer].map(async ([peer, places]) => {
        for (const number of await this.#equalTo(peer, places)) {
          equal.set(number, (equal.get(number) ?? new Set<NodeId>()).add(peer.id));
        }
      }),
    );
    return equal;
  }

  async #equalTo(peer: Peer, places: readonly SharedTree[]): Promise<number[]> {
    const { forest, counters } = this.#node;
    const usable = places.filter(({ partition }) => forest.isBuilt(partition));
    const exchange = new Exchange(this.#node, peer, this.#pause, NOTHING_IS_RECENT_MS);
    const { trees, partitions, fault } = await exchange.run(usable);
    if (fault === undefined) counters.exchanges++;
    else counters.exchanges_broken_off++;
    if (fault !== undefined) return [];
    return trees.filter(({ partition }) => partitions.get(partition)?.failed === 0).map(numberOf);
  }
}
