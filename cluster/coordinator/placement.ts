/**
 * Who serves the keys of a partition, made of two things: the ring, which says who is to hold them, and what the nodes say
 * that they hold.
 *
 * ```
 *   preference list, N = 3:   A  B  C | D  E        A has just joined and holds nothing yet; D was a primary before
 *
 *   wanted                    A  B  C               the first N of the list
 *   holders                      B  C   D           in the order of the list
 *   ------------------------------------------------------------------------------------------------
 *   primaries                 B  C  D               the first N holders: they are read, and W of them acknowledge
 *   receivers                 A                     wanted, and no holder yet: it is sent every put
 *   fallbacks                 E                     stand in for those that can't be reached
 *
 *   A holds it too:  primaries A B C, retiring D, fallbacks E
 * ```
 *
 * A holder that is not wanted any more is *retiring* once there are N others, and is sent every put until it says that it
 * holds the partition no longer. So while nodes hear of a change one after the other, all of them write to the same nodes, and
 * a put that W and one for each of the others have acknowledged is on W of any N of them: whichever N a reader asks.
 */
import type { NodeId } from '../ring/ring.js';
import type { Target } from './routes.js';

/** Who serves the keys of a partition whose keyspaces have N = n; the same object until ring or holdings change. */
export interface Placement {
  /** First the primaries, then the receivers, those that retire, and the fallbacks. */
  readonly targets: readonly Target[];
  /** How many are primaries. */
  readonly n: number;
  /** How many receivers follow them. */
  readonly receivers: number;
  /** How many holders that retire follow those. */
  readonly retiring: number;
  /** A put goes to so many: all before the fallbacks. */
  readonly written: number;
  /** Own place in `targets`; -1: none. */
  readonly ownPlace: number;
  readonly isPrimary: boolean;
  /** This node is a primary or a receiver, or holds the keys still. */
  readonly isOwn: boolean;
  /** Who holds the keys and who is to hold them is not the same: nothing is reaped, nothing dropped. */
  readonly inMotion: boolean;
}

/** As what a node serves the keys of a partition. */
export type Role = 'primary' | 'receiver' | 'retiring' | 'fallback';

/** As what the node at this place of `targets` serves. */
export function roleAt({ n, receivers, written }: Placement, place: number): Role {
  if (place < n) return 'primary';
  if (place < n + receivers) return 'receiver';
  return place < written ? 'retiring' : 'fallback';
}

/** Whether the node at this place of `targets` was a holder when the placement was made. */
export function isHolder({ n, receivers, retiring, written, inMotion }: Placement, place: number): boolean {
  const noneHolds = inMotion && receivers === 0 && retiring === 0;
  return !noneHolds && place < written && (place < n || place >= n + receivers);
}

/** The nodes of a preference list by what they are to the keys, each in the order of the list. */
export interface Places {
  readonly primaries: readonly NodeId[];
  readonly receivers: readonly NodeId[];
  readonly retiring: readonly NodeId[];
  readonly fallbacks: readonly NodeId[];
  readonly inMotion: boolean;
}

/**
 * @param list the preference list of the ring, then the nodes that are leaving
 * @param members how many of them are on the ring: no more can be primaries
 * @param n of the keyspaces
 * @param holds whether a node holds all keys of the partition whose keyspaces have this N
 */
export function placesOf(list: readonly NodeId[], members: number, n: number, holds: (id: NodeId) => boolean): Places {
  const count = Math.min(n, members);
  const wanted = list.slice(0, count);
  const holders = list.filter(holds);
  // Where all copies are lost, those that are to have one begin anew.
  const primaries = holders.length === 0 ? wanted : holders.slice(0, count);
  const receivers = wanted.filter((id) => !primaries.includes(id));
  const retiring = holders.slice(count);
  const placed = [...primaries, ...receivers, ...retiring];
  const fallbacks = list.filter((id) => !placed.includes(id));
  const inMotion = holders.length === 0 || receivers.length > 0 || retiring.length > 0;
  return { primaries, receivers, retiring, fallbacks, inMotion };
}
