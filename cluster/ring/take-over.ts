import assert from 'node:assert';
import { claim } from './claim.js';
import type { NodeId, RingNode } from './ring.js';
import { FREE, Spacing } from './spacing.js';

/**
 * The layout after one node was replaced by another. The heir gets the tokens as they are, so that nothing else moves,
 * when it has none yet, has the same weight, and lies as far from its new neighbours as the old node did (hosts, zones).
 * Otherwise everything is as if one had left and the other joined.
 *
 * @param nodes as for `claim`, after the change: `heir` is among them, `old` is not
 * @param previous the layout until now
 * @param old the node that goes; it may hold no token any more
 */
export function takeOver(
  partitionCount: number,
  nodes: readonly RingNode[],
  previous: readonly NodeId[],
  old: RingNode,
  heir: RingNode,
): NodeId[] {
  assert(nodes.some(({ id }) => id === heir.id) && !nodes.some(({ id }) => id === old.id), 'no replacement');
  const fits =
    previous.includes(old.id) &&
    !previous.includes(heir.id) &&
    old.weight === heir.weight &&
    faultsWith(nodes, previous, old, heir.id) <=
      faultsWith([...nodes.filter(({ id }) => id !== heir.id), old], previous, old, old.id);
  if (!fits) return claim(partitionCount, nodes, previous);
  return previous.map((holder) => (holder === old.id ? heir.id : holder));
}

/** The faults of all places of `old`'s tokens if `holder`, one of `nodes`, held these. */
function faultsWith(nodes: readonly RingNode[], previous: readonly NodeId[], old: RingNode, holder: NodeId): number {
  const spacing = new Spacing(nodes);
  const numbers = new Map(nodes.map(({ id }, number) => [id, number]));
  const ring = Int32Array.from(previous, (id) => numbers.get(id === old.id ? holder : id) ?? FREE);
  let faults = 0;
  for (const [place, id] of previous.entries()) {
    if (id === old.id) faults += spacing.faultsAt(ring, place, ring[place] ?? FREE);
  }
  return faults;
}
