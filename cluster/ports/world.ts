import type { Clock } from './clock.js';
import type { Latencies } from './latency.js';
import type { Log } from './log.js';
import type { Random } from './random.js';
import type { Timers } from './timers.js';
import type { Transport } from './transport.js';

/** All that a node can reach outside itself, but for its store: a process has one world, a simulated node has its own. */
export interface World {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly transport: Transport;
  readonly latencies: Latencies;
  readonly log: Log;
}
