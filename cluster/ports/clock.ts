/** The two times that a node can read. Nothing else in `cluster/` knows what time it is. */
export interface Clock {
  /** Wall-clock time in ms since 1970. May jump either way. */
  nowMs(): number;
  /** Time in µs since some fixed moment; never goes back. For durations only. */
  monotonicUs(): number;
}
