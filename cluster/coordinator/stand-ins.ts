import type { NodeId } from '../ring/ring.js';
import type { Peer } from '../wire/peer.js';
import { type Placement, roleAt } from './placement.js';
import { countReachable, type Target } from './routes.js';

/** Which fallbacks of a key stand in for which primary, in one put (Dynamo §4.6). Each is asked once. */
export class StandIns {
  readonly #targets: readonly Target[];
  readonly #meantFor = new Map<NodeId, NodeId>();
  #next: number;

  constructor({ targets, written }: Placement) {
    this.#targets = targets;
    this.#next = written;
  }

  /** The next fallback that can be reached, which from now on stands in for `primary`; undefined: none is left. */
  take(primary: NodeId): Peer | undefined {
    while (this.#next < this.#targets.length) {
      const peer = this.#targets[this.#next++]?.peer;
      if (peer === undefined || !peer.reachable()) continue;
      this.#meantFor.set(peer.id, primary);
      return peer;
    }
    return undefined;
  }

  /** For whom a node was sent the object: for itself if it is a primary. */
  meantFor(id: NodeId): NodeId {
    return this.#meantFor.get(id) ?? id;
  }

  /** Whether this fallback stands in for a primary. */
  has(id: NodeId): boolean {
    return this.#meantFor.has(id);
  }
}

/** For whom this node keeps an object of a key that it is no primary of: the first primary that can't be reached. */
export function ownStandInFor(targets: readonly Target[], n: number): NodeId | undefined {
  let first: NodeId | undefined;
  for (let place = 0; place < n && place < targets.length; place++) {
    const target = targets[place];
    if (target?.peer?.reachable() === false) return target.id;
    first ??= target?.id;
  }
  return first;
}

/**
 * Whether what this node holds counts as the answer of one of R: it is a primary, or a holder that retires, which is sent every
 * put; or it stands in for a primary that can't be reached. Where all can be, it was asked by mistake (they take others for the
 * primaries), and has missed what they have.
 */
export function ownCopyCounts(placement: Placement): boolean {
  const { isPrimary, isOwn, n, ownPlace, targets } = placement;
  if (isPrimary || (isOwn && roleAt(placement, ownPlace) === 'retiring')) return true;
  return countReachable(targets, 0, n) < n;
}
