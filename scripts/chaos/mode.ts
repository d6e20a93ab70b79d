import type { Prng } from '../../test/simulation/prng.js';
import type { Fleet } from './fleet.js';
import type { Mix } from './workload.js';

/** What one kind of run has of its own. */
export interface Mode {
  readonly name: string;
  /** Options of every node. */
  readonly nodeArgs: readonly string[];
  readonly mix: Mix;
  /** What is kept free at the end of a run for what is under way, for healing and for reading. */
  readonly settleMs: number;
  /** Does things to the nodes until the time is over and all of it has ended; gives how often each kind was done. */
  readonly disturb: (stage: Stage) => Promise<ReadonlyMap<string, number>>;
}

/** Where a mode plays. */
export interface Stage {
  readonly fleet: Fleet;
  readonly prng: Prng;
  /** Since the run began. */
  readonly nowMs: () => number;
  /** When the last thing is begun at the latest. */
  readonly untilMs: number;
  /** Resolves when the cluster has healed; rejects when it does not in time. */
  readonly healed: () => Promise<void>;
  readonly print: (line: string) => void;
}

/** For the nodes of every mode; what a mode says otherwise comes later and wins. Replicas are compared often and copies given up soon, so that much can happen in a short run. */
export const NODE_ARGS: readonly string[] = [
  ...['--enable-debug-command', 'local', '--keyspace', 'cart: reconcile=siblings'],
  ...['--exchange-period-ms', '2000', '--transfer-settle-ms', '2000'],
];
