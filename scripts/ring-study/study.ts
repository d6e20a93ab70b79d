/** Efficiency against the size of the metadata, beside the paper's figure 8. */
import { SLOT_COUNT } from '../../cluster/ring/slots.js';
import { Prng } from '../../test/simulation/prng.js';
import { textTable } from '../bench/text-table.js';
import { FIGURE_8, NODES, PARTITIONS_OF_STRATEGY_2, PRIMARIES } from './paper.js';
import { efficiencyOf, loadsByClaim, loadsByEqualPartitions, loadsByTokenRanges, randomTokens } from './strategies.js';

/** A place on a curve. */
export interface Point {
  /** Entries of the table that each node keeps: tokens with their holders (strategies 1 and 2) or partitions with theirs (3). */
  readonly metadata: number;
  readonly efficiency: number;
}

export interface Study {
  readonly seed: number;
  readonly trials: number;
  /** Strategies 1, 2 and 3, by metadata; 3 has a point for each possible Q. */
  readonly measured: readonly [readonly Point[], readonly Point[], readonly Point[]];
}

/** @param trials how many random rings of strategies 1 and 2 the mean is taken of; strategy 3 has no chance in it */
export function study(seed: number, trials: number): Study {
  const prng = new Prng(seed);
  const [first, second]: [Point[], Point[]] = [[], []];
  for (const { tokensEach } of FIGURE_8) {
    let byRanges = 0;
    let byPartitions = 0;
    for (let trial = 0; trial < trials; trial++) {
      const tokens = randomTokens(NODES, tokensEach, prng);
      byRanges += efficiencyOf(loadsByTokenRanges(tokens, NODES, PRIMARIES));
      byPartitions += efficiencyOf(loadsByEqualPartitions(tokens, NODES, PRIMARIES, PARTITIONS_OF_STRATEGY_2));
    }
    const metadata = NODES * tokensEach;
    first.push({ metadata, efficiency: byRanges / trials });
    second.push({ metadata, efficiency: byPartitions / trials });
  }
  const third = partitionCounts().map((partitionCount) => ({
    metadata: partitionCount,
    efficiency: efficiencyOf(loadsByClaim(NODES, PRIMARIES, partitionCount)),
  }));
  return { seed, trials, measured: [first, second, third] };
}

/** The number of partitions that this project would have with no more metadata than that: the greatest power of two. */
export function partitionsWithin(metadata: number): number {
  return Math.min(SLOT_COUNT, 2 ** Math.floor(Math.log2(metadata)));
}

/** Each Q that has a token for every node. */
function partitionCounts(): number[] {
  const counts: number[] = [];
  for (let count = 1; count <= SLOT_COUNT; count *= 2) if (count >= NODES) counts.push(count);
  return counts;
}

export function studyTable({ measured }: Study): string {
  const [first, second, third] = measured;
  const rows = FIGURE_8.map(({ tokensEach, efficiencies }, at) => {
    const metadata = NODES * tokensEach;
    const partitions = partitionsWithin(metadata);
    const claimed = third.find((point) => point.metadata === partitions);
    const pairs = [first[at], second[at], claimed].flatMap((point, k) => [
      point?.efficiency.toFixed(3) ?? '',
      efficiencies[k]?.toFixed(2) ?? '',
    ]);
    return [String(metadata), String(tokensEach), ...pairs.slice(0, 4), String(partitions), ...pairs.slice(4)];
  });
  return textTable(['metadata', 'T', '1', 'paper', '2', 'paper', 'Q of 3', '3', 'paper'], rows);
}

/** Strategy 3 with each number of partitions. */
export function partitionTable({ measured: [, , third] }: Study): string {
  const rows = third.map(({ metadata, efficiency }) => [
    String(metadata),
    (metadata / NODES).toFixed(1),
    efficiency.toFixed(3),
  ]);
  return textTable(['Q', 'tokens a node', 'efficiency'], rows);
}
