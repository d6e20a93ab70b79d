/** A process that runs one seed after another for `workers.ts`: takes the options of a run, gives its result. */
import { type SimulationOptions, simulate } from '../../test/simulation/simulation.js';

process.on('message', (options: SimulationOptions) => {
  simulate(options).then(
    (result) => process.send?.(result),
    (error: unknown) => {
      throw error;
    },
  );
});
// Whoever asked is gone.
process.on('disconnect', () => process.exit());
