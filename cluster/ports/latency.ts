/** Takes one duration in µs. Called on the hot path: must not allocate. */
export interface LatencyRecorder {
  record(us: number): void;
}

/** Where durations go. The process keeps HDR histograms; the simulator throws them away. */
export interface Latencies {
  /** The recorder of one measured thing, e.g. `coordinator get`, `store write`, `peer 127.0.0.1:17002`. */
  recorder(name: string): LatencyRecorder;
}
