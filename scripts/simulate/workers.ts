/** Runs of the simulator in several processes at once: one run needs no more than a core. */
import { type ChildProcess, fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import type { SimulationOptions, SimulationResult } from '../../test/simulation/simulation.js';

const WORKER = new URL('./worker.js', import.meta.url);
/** A run makes much that lives for an instant: collected less often, less of it is still in use and is copied. */
const YOUNG_SPACE = '--max-semi-space-size=64';

/**
 * Runs each of `runs`, as many at once as there are cores (and no more than `atOnceMax`), and gives each result to `take` as
 * it comes. Rejects when a worker dies.
 */
export async function runAll(
  runs: Iterable<SimulationOptions>,
  take: (result: SimulationResult) => void,
  atOnceMax = Number.POSITIVE_INFINITY,
): Promise<void> {
  const open = runs[Symbol.iterator]();
  const count = Math.min(availableParallelism(), atOnceMax);
  const workers = Array.from({ length: count }, () => fork(WORKER, { execArgv: [...process.execArgv, YOUNG_SPACE] }));
  try {
    await Promise.all(workers.map((worker) => work(worker, open, take)));
  } finally {
    for (const worker of workers) worker.disconnect();
  }
}

function work(
  worker: ChildProcess,
  open: Iterator<SimulationOptions>,
  take: (result: SimulationResult) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const next = (): void => {
      const { value, done } = open.next();
      if (done === true) resolve();
      else worker.send(value);
    };
    worker.on('message', (result: SimulationResult) => {
      take(result);
      next();
    });
    worker.on('error', reject);
    worker.on('exit', (code, signal) => reject(new Error(`a worker died: ${signal ?? code}`)));
    next();
  });
}
