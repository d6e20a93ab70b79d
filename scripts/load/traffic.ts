/** What a load generator is told to send, where, and for how long. */

/** Where a server listens. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** The requests of a load: gets and puts of random keys. */
export interface Mix {
  readonly keys: number;
  readonly valueBytes: number;
  /** The share of gets: 0 to 1. */
  readonly getShare: number;
}

/** A run of the generator, as it is handed to its process. */
export interface Traffic {
  /** Connections are spread over them, and go on to the next one when theirs is lost. */
  readonly addresses: readonly Address[];
  readonly connections: number;
  readonly mix: Mix;
  /** Requests a second; undefined: a closed loop, in which each connection asks again as soon as it is answered. */
  readonly rate: number | undefined;
  readonly arrivals: 'even' | 'poisson';
  /** Before it is measured. */
  readonly warmUpSeconds: number;
  readonly seconds: number;
  /** Whether every key is written first. */
  readonly fill: boolean;
  /** Where the latencies of each second are written, in HdrHistogram's log format. */
  readonly logPath: string | undefined;
}

/** What became of the requests that were due while it was measured. */
export interface Tally {
  readonly seconds: number;
  /** Latencies of those answered, in ns: an HdrHistogram, compressed, in base64. */
  readonly latencies: string;
  /** By how much the generator itself was late to send them, likewise. */
  readonly lateness: string;
  /** Answered with an error. */
  readonly refused: number;
  /** Never answered: their connection was lost, or there was none. */
  readonly lost: number;
}

/** What the generator's process says, one a line. */
export type Report = { readonly event: 'measuring' } | { readonly event: 'done'; readonly tally: Tally };
