/** How replicas that differ are made equal again: what waits, what was done, and what share of the node it may take. */
import type { GovernorFigures } from '../../../cluster/background/foreground-governor.js';
import type { Counters } from '../../../cluster/coordinator/counters.js';
import type { TransferFigures } from '../../../cluster/transfer/transfer.js';
import type { Server } from '../../server.js';
import type { InfoField, InfoSection } from './info-section.js';

/** Counters of these names are about healing, all others about the work of the coordinator. */
const HEALING = /^(?:hints|orphans|read_repairs|exchange|reaped|transfer)/;

/** The counters about healing, or all others. */
export function counterFields(counters: Counters, isHealing: boolean): InfoField[] {
  return Object.entries(counters).flatMap(([name, value]): InfoField[] =>
    typeof value === 'number' && HEALING.test(name) === isHealing ? [[name, value]] : [],
  );
}

function healingFields({ node }: Server): InfoField[] {
  const reaping = node.reaper.stats();
  return [
    ['hints_pending', node.hints.count],
    ['hints_pending_bytes', node.hints.bytes],
    ['hints_loaded', node.hints.loaded ? 1 : 0],
    ['tombstones_pending', reaping.tombstonesPending],
    ['expired_pending', reaping.expiredPending],
    ['partitions_unsettled', node.settling.unsettled],
    ['last_reaping_scan_ms', reaping.lastScanMs],
    ...transferFields(node.transfer?.figures()),
    ...counterFields(node.counters, true),
    ...backgroundFields(node.background()),
  ];
}

/** Partitions under way, each counted once for each N of the keyspaces. */
function transferFields(figures: TransferFigures = { receiving: 0, retiring: 0, clearing: 0 }): InfoField[] {
  return [
    ['transfer_partitions_receiving', figures.receiving],
    ['transfer_partitions_retiring', figures.retiring],
    ['transfer_partitions_clearing', figures.clearing],
  ];
}

/** What the governor gives to background work, and what it sees of the foreground. */
function backgroundFields(figures: GovernorFigures): InfoField[] {
  return [
    ['background_rate', Math.round(figures.rate)],
    ['background_share', figures.share.toFixed(4)],
    ...[...figures.admitted].map(([work, keys]): InfoField => [`background_keys_${work}`, keys]),
    ['foreground_p99_target_usec', Math.round(figures.targetUs)],
    ['foreground_p99_usec_last_minute', figures.minuteP99Us ?? 0],
    ['foreground_p99_usec_last_seconds', figures.recentP99Us ?? 0],
    ['loop_delay_usec_last_seconds', figures.loopDelayUs ?? 0],
  ];
}

export const healingSection: InfoSection = { name: 'healing', isDefault: true, fields: healingFields };
