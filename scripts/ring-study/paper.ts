/**
 * What Dynamo's figure 8 shows (section 6.2): S = 30 nodes, N = 3. The paper prints no numbers there: all values are read off
 * the figure's curves, and good to about ±0.01. The sizes are the figure's metadata units, which fit S × T tokens with
 * T = 2, 32, 128, 256 and 1024; the first is too close to the axis to be read, and is inferred from the efficiency of
 * strategies 1 and 2 there.
 */
export interface PaperPoint {
  /** Random tokens of each node in strategies 1 and 2. */
  readonly tokensEach: number;
  /** Load balancing efficiency of strategies 1, 2 and 3. */
  readonly efficiencies: readonly [number, number, number];
}

export const NODES = 30;
export const PRIMARIES = 3;

export const FIGURE_8: readonly PaperPoint[] = [
  { tokensEach: 2, efficiencies: [0.52, 0.53, 0.86] },
  { tokensEach: 32, efficiencies: [0.82, 0.82, 0.94] },
  { tokensEach: 128, efficiencies: [0.91, 0.88, 0.97] },
  { tokensEach: 256, efficiencies: [0.93, 0.87, 0.98] },
  { tokensEach: 1024, efficiencies: [0.96, 0.84, 0.99] },
];

/** The equal partitions of strategy 2, whose number the paper doesn't state; with so many the curve falls where the paper's does. */
export const PARTITIONS_OF_STRATEGY_2 = 1024;
