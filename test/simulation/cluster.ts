/** The machines of one run, on one network. */
import type { KeyspaceRow } from '../../cluster/coordinator/keyspaces.js';
import { StaticMembership } from '../../cluster/membership/static-membership.js';
import type { ClusterNode } from '../../cluster/node.js';
import { type Partition, partitionOf, slotOf } from '../../cluster/ring/slots.js';
import { VERSION_MAX } from '../../cluster/wire/versions.js';
import { DB } from './disk-view.js';
import { Machine, type Tampering } from './machine.js';
import { Network, type NetworkTemper } from './network.js';
import type { Prng } from './prng.js';
import type { Scheduler } from './scheduler.js';
import type { Trace } from './trace.js';

const PORT = 6379;
const PEER_PORT = 16379;

/** For how long things are remembered, and how far clocks may be from true time; ms. */
export interface Times {
  readonly tombstoneGraceMs: number;
  readonly hintWindowMs: number;
  readonly clockDriftMaxMs: number;
  readonly skewMsMax: number;
}

export interface ClusterOptions {
  readonly times: Times;
  readonly nodes: number;
  readonly partitionCount: number;
  readonly keyspaces: readonly KeyspaceRow[];
  readonly temper: NetworkTemper;
  readonly diskMs: (random: Prng) => number;
  /** The longest that `diskMs` gives. */
  readonly diskMsMax: number;
  readonly exchangePeriodMs: number;
  readonly requestTimeoutMs: number;
  readonly clockEntriesMax: number;
  readonly memoryBytesMax: number;
  readonly flushPeriodMs: number;
}

export class Cluster {
  readonly machines: readonly Machine[];
  readonly network: Network;
  readonly #options: ClusterOptions;
  readonly #membership: StaticMembership;

  constructor(
    options: ClusterOptions,
    scheduler: Scheduler,
    random: Prng,
    trace: Trace,
    tampering: Tampering,
    opened: (machine: Machine, node: ClusterNode) => void,
    broke: (reason: string) => void,
  ) {
    this.#options = options;
    this.network = new Network(scheduler, random.fork(), options.temper, trace);
    const { network } = this;
    const around = { scheduler, network, trace, tampering, diskMs: options.diskMs, opened, broke };
    const listed = Array.from({ length: options.nodes }, (_, i) => ({
      host: `n${i + 1}`,
      port: PORT,
      peerPort: PEER_PORT,
    }));
    this.machines = listed.map((self) => {
      const membership = new StaticMembership(self, listed, options.partitionCount);
      const { keyspaces, times, exchangePeriodMs, requestTimeoutMs, clockEntriesMax, memoryBytesMax, flushPeriodMs } =
        options;
      const nodeOptions = {
        membership,
        clusterName: 'simulated',
        secret: 'simulated secret',
        listen: { host: self.host, port: PEER_PORT },
        keyspaces,
        valueBytesMax: 2 ** 20,
        requestTimeoutMs,
        protocolVersionMax: VERSION_MAX,
        clockDriftMaxMs: times.clockDriftMaxMs,
        clockEntriesMax,
        memoryBytesMax,
        flushPeriodMs,
        hintBytesMax: 2 ** 20,
        hintWindowMs: times.hintWindowMs,
        exchangePeriodMs,
        tombstoneGraceMs: times.tombstoneGraceMs,
        background: { targetMs: 0, rateMin: 500, rateMax: 50_000 },
      };
      return new Machine(self.host, nodeOptions, random.fork(), around);
    });
    const [first] = listed;
    if (first === undefined) throw new Error('a cluster needs a machine');
    this.#membership = new StaticMembership(first, listed, options.partitionCount);
  }

  /** Whether every node is open and can talk to every other. */
  isWhole(): boolean {
    return this.machines.every((machine) => {
      const { node } = machine;
      return node?.membership.members().every(({ id }) => node.isReachable(id)) === true;
    });
  }

  /** The machines that hold a key: the first N of its preference list. */
  primariesOf(key: string, n: number): readonly Machine[] {
    const partition = this.partitionOf(key);
    const ids = this.#membership.ring().preferenceList(partition).slice(0, n);
    return this.machines.filter(({ host }) => {
      const member = this.#membership.members().find((each) => each.host === host);
      return member !== undefined && ids.includes(member.id);
    });
  }

  /** The record that a machine's process holds for a key, as far as that is in memory. */
  recordInMemory(machine: Machine, key: string): Buffer | null | undefined {
    return machine.node?.replica.peek(this.partitionOf(key), DB, key);
  }

  partitionOf(key: string): Partition {
    return partitionOf(slotOf(Buffer.from(key, 'latin1')), this.#options.partitionCount);
  }
}
