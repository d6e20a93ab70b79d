/** Counters that are further ahead of this node's clock than two clocks of a cluster may be apart. */
import { COUNTERS_PER_MS } from '../version/hybrid-clock.js';
import type { Coordination } from './coordination.js';

const DRIFT_LOG_PERIOD_US = 10_000_000;

type DriftWatch = Pick<Coordination, 'hybridClock' | 'counters' | 'world'>;

/**
 * Whether `counter` is to be refused: what it came with must then neither be kept nor answered, so that one bad clock
 * can't poison the others. Refusals are counted, and logged now and then. `source`: who sent it.
 */
export function refusesDrift(node: DriftWatch, counter: number, source: string): boolean {
  if (!node.hybridClock.isTooFarAhead(counter)) return false;
  const { counters, world } = node;
  if (counters.refusedDrift(world.clock.monotonicUs(), DRIFT_LOG_PERIOD_US)) {
    const aheadMs = Math.round(counter / COUNTERS_PER_MS - world.clock.nowMs());
    world.log.error({ source, aheadMs }, 'refused an object from the future: a clock of the cluster is wrong');
  }
  return true;
}
