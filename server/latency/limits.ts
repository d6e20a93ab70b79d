/** Values beyond are counted as this: one minute. */
export const LATENCY_US_MAX = 60_000_000;
/** Two digits (1 %) as in Redis: some 5 KiB a histogram, so that seven for each of a hundred things stay below 5 MiB. */
export const SIGNIFICANT_DIGITS = 2;
/** The last minute is this many intervals of so many ms. */
export const INTERVAL_COUNT = 6;
export const INTERVAL_MS = 10_000;
/** Things that are measured one by one: commands, peers and the fixed few. Any beyond share one recording. */
export const RECORDINGS_MAX = 512;
