/**
 * Who holds which token: Dynamo's strategy 3 (§6.2), Q equal partitions and Q/S tokens for each of S nodes. A pure
 * function: the same nodes, in any order, and the same layout before give the same layout on every node.
 */
import assert from 'node:assert';
import { apportion } from './apportion.js';
import { improve } from './improve.js';
import { layOut } from './lay-out.js';
import type { NodeId, RingNode } from './ring.js';
import { partitionCountFault } from './slots.js';
import { FREE, Spacing } from './spacing.js';

/** A share of the moves that are needed anyway may be spent on a better layout. */
const EXTRA_MOVES_SHARE = 0.1;

/**
 * @param partitionCount a power of two
 * @param nodes at least one, each once, in any order
 * @param previous the layout until now, as this function gave it; as few tokens as possible move, plus at most a tenth
 * @returns the node that holds the token of each partition. Tokens per unit of weight differ by at most one; any three in
 *   a row are of distinct nodes, hosts and zones as far as that can be
 */
export function claim(partitionCount: number, nodes: readonly RingNode[], previous?: readonly NodeId[]): NodeId[] {
  assert(partitionCountFault(partitionCount) === undefined, partitionCountFault(partitionCount));
  assert(nodes.length > 0, 'a ring needs a node');
  assert(previous === undefined || previous.length === partitionCount, 'the number of partitions never changes');
  const sorted = [...nodes].sort((a, b) => (a.id < b.id ? -1 : 1));
  const numbers = new Map(sorted.map((node, number) => [node.id, number]));
  assert(numbers.size === sorted.length, 'a node is claimed for twice');

  const before = Int32Array.from({ length: partitionCount }, (_, partition) => {
    const holder = previous?.[partition];
    return holder === undefined ? FREE : (numbers.get(holder) ?? FREE);
  });
  const held = countTokens(before, sorted.length);
  const due = apportion(partitionCount, sorted, held);
  const spacing = new Spacing(sorted);

  let ring: Int32Array;
  let extraMovesMax = 0;
  if (held.every((tokens) => tokens === 0)) {
    ring = layOut(partitionCount, sorted, due, spacing);
  } else {
    ring = Int32Array.from(before);
    const leastMoves = handOver(ring, due, held, spacing);
    extraMovesMax = Math.floor(leastMoves * EXTRA_MOVES_SHARE);
  }
  improve(ring, before, extraMovesMax, spacing);
  return Array.from(ring, (number) => {
    const node = sorted[number];
    assert(node !== undefined, 'a token without a holder');
    return node.id;
  });
}

function countTokens(ring: Int32Array, nodeCount: number): number[] {
  const counts = new Array<number>(nodeCount).fill(0);
  for (const node of ring) if (node !== FREE) counts[node] = (counts[node] ?? 0) + 1;
  return counts;
}

/**
 * Gives the free tokens, then those that nodes hold beyond their due, to nodes that hold too few.
 *
 * @returns how many tokens changed hands: the least that it takes
 */
function handOver(ring: Int32Array, due: readonly number[], held: readonly number[], spacing: Spacing): number {
  const lacking = due.map((tokens, node) => tokens - (held[node] ?? 0));
  let moves = 0;
  for (const [partition, holder] of ring.entries()) {
    if (holder !== FREE) continue;
    const taker = bestTaker(ring, partition, lacking, spacing);
    ring[partition] = taker;
    lacking[taker] = (lacking[taker] ?? 0) - 1;
    moves++;
  }
  for (const [taker, wanted] of lacking.entries()) {
    // The new tokens should lie evenly around the ring: each search starts where an even spread would put the token.
    const offset = Math.floor((taker * ring.length) / due.length);
    for (let k = 0; k < wanted; k++) {
      const ideal = (offset + Math.floor((k * ring.length) / wanted)) % ring.length;
      const reach = 2 * Math.ceil(ring.length / wanted);
      const partition =
        bestGift(ring, ideal, reach, taker, lacking, spacing) ??
        bestGift(ring, ideal, ring.length, taker, lacking, spacing);
      assert(partition !== undefined, 'tokens are missing');
      const giver = ring[partition] ?? FREE;
      lacking[giver] = (lacking[giver] ?? 0) + 1;
      ring[partition] = taker;
      moves++;
    }
  }
  return moves;
}

/** The node that lacks tokens and fits best at the partition; of those the one that lacks most. */
function bestTaker(ring: Int32Array, partition: number, lacking: readonly number[], spacing: Spacing): number {
  let best = FREE;
  let bestFaults = Number.POSITIVE_INFINITY;
  let bestLack = 0;
  for (const [node, lack] of lacking.entries()) {
    if (lack <= 0) continue;
    const faults = spacing.faultsAt(ring, partition, node);
    if (faults < bestFaults || (faults === bestFaults && lack > bestLack)) {
      best = node;
      bestFaults = faults;
      bestLack = lack;
    }
  }
  assert(best !== FREE, 'more free tokens than nodes may hold');
  return best;
}

/**
 * The token, up to `reach` places on from `from`, that `taker` should get from a node with too many: the one whose change
 * of hands makes the layout best; of those one of the node that has most to give; of those the first.
 */
function bestGift(
  ring: Int32Array,
  from: number,
  reach: number,
  taker: number,
  lacking: readonly number[],
  spacing: Spacing,
): number | undefined {
  let best: number | undefined;
  let bestGain = Number.NEGATIVE_INFINITY;
  let bestSpare = 0;
  for (let step = 0; step < reach && step < ring.length; step++) {
    const partition = (from + step) % ring.length;
    const giver = ring[partition] ?? FREE;
    const spare = -(lacking[giver] ?? 0);
    if (spare <= 0) continue;
    const gain = spacing.faultsAt(ring, partition, giver) - spacing.faultsAt(ring, partition, taker);
    if (gain > bestGain || (gain === bestGain && spare > bestSpare)) {
      best = partition;
      bestGain = gain;
      bestSpare = spare;
    }
  }
  return best;
}
