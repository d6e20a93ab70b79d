/**
 * A request may be refused only when too few nodes could have served it: fewer than W (R, for what reads) that were up and
 * could talk to each other, for longer than it takes to notice who is there. With a sloppy quorum any nodes will do,
 * else the primaries of the key.
 */

import type { Failure } from '../../cluster/failure.js';
import type { KeyspaceRow } from '../../cluster/keyspaces/keyspaces.js';
import { idleLookPeriodMs } from '../../cluster/wire/limits.js';
import type { Cluster, ClusterOptions } from './cluster.js';
import type { Connectivity } from './connectivity.js';
import type { Request } from './history.js';
import type { Machine } from './machine.js';

/** A lost link is noticed within 1.6 s, an idle one of many when it has its turn; one that is back within 2 s. */
const DETECTION_US = 3_000_000;
/** So long after a node has come nothing is expected of it. */
const NEWCOMER_US = 20_000_000;
/** One-way delays and waits for a disk that a request may be made of, with all that it may have to queue behind. */
const DELAYS_MAX = 60;
const DISK_WAITS_MAX = 12;

export interface AvailabilitySurroundings {
  readonly cluster: Cluster;
  readonly connectivity: Connectivity;
  readonly options: ClusterOptions;
  readonly rowOf: (key: string) => KeyspaceRow;
}

export class Availability {
  readonly #around: AvailabilitySurroundings;
  readonly #isPatient: boolean;

  constructor(around: AvailabilitySurroundings) {
    this.#around = around;
    this.#isPatient = isPatient(around.options);
  }

  /** Whether no request runs out of time for reasons of the world. */
  get isPatient(): boolean {
    return this.#isPatient;
  }

  /** Why the refusal that ended `request` should not have been; undefined if it may. */
  faultIn(request: Request, failure: Failure): string | undefined {
    if (!this.#isPatient || failure.code === 'Refused' || failure.code === 'Overloaded') return undefined;
    this.#around.connectivity.look();
    const serving = this.#serving(request);
    const needed = this.#needed(request);
    if (serving === undefined || serving.length < needed) return undefined;
    const hosts = serving.map(({ host }) => host).join(', ');
    return `unavailable: ${request.kind} ${request.id} of ${request.key} at ${request.host} needs ${needed}, was refused (${failure.code}) while ${hosts} were up together`;
  }

  /** Those that could serve the request all along; undefined: nobody can say. */
  #serving({ host, key, startedUs }: Request): readonly Machine[] | undefined {
    const { cluster, connectivity, rowOf } = this.#around;
    const { n, sloppy } = rowOf(key);
    const sinceUs = startedUs - DETECTION_US - idleLookPeriodMs(cluster.machines.length) * 1000;
    if (cluster.lastExitUs >= sinceUs) return undefined;
    // Who comes or goes is needed by nobody, as far as any nodes will do.
    const machines = cluster.machines.filter(
      ({ standing, standingSinceUs }) => standing === 'in' && standingSinceUs < startedUs - NEWCOMER_US,
    );
    if (!sloppy && machines.length < cluster.machines.length) return undefined;
    const own = machines.find((machine) => machine.host === host);
    const steady = connectivity.steadySince(sinceUs);
    if (own === undefined || !machines.every((machine) => steady.includes(machine))) return undefined;
    for (const a of machines) {
      for (const b of machines) if (!connectivity.isSteady(a, b, sinceUs)) return undefined;
    }
    const known = new Set(
      cluster
        .membership(own)
        .nodes()
        .map(({ id }) => id),
    );
    const up = machines.filter(
      (machine) => known.has(machine.id) && connectivity.isUp(machine, machine) && connectivity.isUp(own, machine),
    );
    if (!up.includes(own) || !up.every((a) => up.every((b) => connectivity.isUp(a, b)))) return undefined;
    const primaries = cluster.primariesOf(key, n, own);
    return sloppy ? up : up.filter((machine) => primaries.includes(machine));
  }

  /** No quorum is larger than the cluster. */
  #needed({ key, kind, host }: Request): number {
    const { cluster, rowOf } = this.#around;
    const own = cluster.machines.find((machine) => machine.host === host);
    const size = cluster.membership(own).members().length;
    const row = rowOf(key);
    const [r, w] = [Math.min(row.r, size), Math.min(row.w, size)];
    // An increment needs no quorum of what it reads.
    if (kind === 'put' || kind === 'increment') return w;
    return kind === 'get' ? r : Math.max(r, w);
  }
}

/** Whether no request runs out of time for reasons of the world: then a refusal needs another reason. */
function isPatient({ temper, diskMsMax, requestTimeoutMs }: ClusterOptions): boolean {
  const { delayUs, jitterUs, grainUs, slowChance, refuseChance } = temper;
  const delayMs = ((delayUs + jitterUs + grainUs) * (slowChance > 0 ? 10 : 1)) / 1000;
  return refuseChance === 0 && delayMs * DELAYS_MAX + diskMsMax * DISK_WAITS_MAX < requestTimeoutMs;
}
