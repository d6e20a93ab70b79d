import type { Clock } from './clock.js';

/** The machine's clocks. */
export const nodeClock: Clock = {
  nowMs: () => Date.now(),
  // Whole µs: histograms take integers only.
  monotonicUs: () => Math.trunc(performance.now() * 1000),
};
