/** The machines of one run, on one network. Some are there when it begins; others come and go. */
import type { KeyspaceRow } from '../../cluster/keyspaces/keyspaces.js';
import type { Membership } from '../../cluster/membership/membership.js';
import { nodeIdOf } from '../../cluster/membership/node-id.js';
import { StaticMembership } from '../../cluster/membership/static-membership.js';
import type { ClusterNode } from '../../cluster/node.js';
import type { NodeOptions } from '../../cluster/options.js';
import type { NodeId } from '../../cluster/ring/ring.js';
import { type Partition, partitionOf, slotOf } from '../../cluster/ring/slots.js';
import { VERSION_MAX } from '../../cluster/wire/versions.js';
import { DB } from './disk-view.js';
import { Machine, type MachineSurroundings, PEER_PORT, type Tampering } from './machine.js';
import { Network, type NetworkTemper } from './network.js';
import type { Prng } from './prng.js';
import type { Scheduler } from './scheduler.js';
import type { Trace } from './trace.js';

const PORT = 6379;

/** For how long things are remembered, and how far clocks may be from true time; ms. */
export interface Times {
  readonly tombstoneGraceMs: number;
  readonly hintWindowMs: number;
  readonly clockDriftMaxMs: number;
  readonly skewMsMax: number;
}

export interface ClusterOptions {
  readonly times: Times;
  /** Those that are there when the run begins. */
  readonly nodes: number;
  /** Whether nodes gossip, so that others can join; else they are a fixed list. */
  readonly isElastic: boolean;
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
  /** How long a holder that retires waits until all have heard who holds what now. */
  readonly retireAfterMs: number;
}

/** How a machine that was not there from the beginning comes in. */
export interface Entry {
  /** Whom it asks for the history. */
  readonly seeds: readonly Machine[];
  /** Whose tokens it takes. */
  readonly replaces?: Machine;
}

export class Cluster {
  readonly network: Network;
  readonly #options: ClusterOptions;
  readonly #random: Prng;
  readonly #around: MachineSurroundings;
  readonly #founders: readonly { host: string; port: number; peerPort: number }[];
  readonly #list: StaticMembership;
  readonly #byId = new Map<NodeId, Machine>();
  #machines: readonly Machine[] = [];
  #count = 0;
  #lastExitUs = Number.NEGATIVE_INFINITY;

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
    this.#random = random;
    const { network } = this;
    const left = (machine: Machine): void => this.setStanding(machine, 'out');
    this.#around = { scheduler, network, trace, tampering, diskMs: options.diskMs, opened, left, broke };
    this.#founders = Array.from({ length: options.nodes }, (_, i) => addressOf(`n${i + 1}`));
    const [first] = this.#founders;
    if (first === undefined) throw new Error('a cluster needs a machine');
    this.#list = new StaticMembership(first, this.#founders, options.partitionCount);
    for (const { host } of this.#founders) this.#make(host, this.#membershipOf(host, undefined));
  }

  /** Those that are in the cluster, are to be, or are leaving it. */
  get machines(): readonly Machine[] {
    return this.#machines;
  }

  /** When the last machine went that will not come back, simulated µs. */
  get lastExitUs(): number {
    return this.#lastExitUs;
  }

  /** A new machine, not started yet. */
  add(entry: Entry): Machine {
    const host = `n${this.#count + 1}`;
    const machine = this.#make(host, this.#membershipOf(host, entry));
    machine.standing = 'joining';
    return machine;
  }

  /** A machine that is not in yet tries otherwise, from its next start on. */
  enterBy(machine: Machine, entry: Entry): void {
    machine.options = this.#nodeOptions(machine.host, this.#membershipOf(machine.host, entry));
  }

  setStanding(machine: Machine, standing: Machine['standing']): void {
    machine.standing = standing;
    machine.standingSinceUs = this.#around.scheduler.nowUs;
    if (standing !== 'out') return;
    this.#machines = this.#machines.filter((each) => each !== machine);
    this.#lastExitUs = this.#around.scheduler.nowUs;
  }

  /** Whether every node is open and can talk to every other. */
  isWhole(): boolean {
    return this.machines.every((machine) => {
      const { node } = machine;
      return node?.membership.nodes().every(({ id }) => node.isReachable(id)) === true;
    });
  }

  /** The machines that are to hold a key, as the node of `by` sees it: the first N of its preference list. */
  primariesOf(key: string, n: number, by?: Machine): readonly Machine[] {
    const ids = this.membership(by).ring().preferenceList(this.partitionOf(key)).slice(0, n);
    return ids.flatMap((id) => this.machineOf(id) ?? []);
  }

  /** Who is in the cluster, as the node of `by` sees it, or the first that is open. */
  membership(by?: Machine): Membership {
    const open = by?.node ?? this.#machines.find(({ node, standing }) => node !== undefined && standing === 'in')?.node;
    return open?.membership ?? this.#list;
  }

  machineOf(id: NodeId): Machine | undefined {
    return this.#byId.get(id);
  }

  /** The record that a machine's process holds for a key, as far as that is in memory. */
  recordInMemory(machine: Machine, key: string): Buffer | null | undefined {
    return machine.node?.replica.peek(this.partitionOf(key), DB, key);
  }

  partitionOf(key: string): Partition {
    return partitionOf(slotOf(Buffer.from(key, 'latin1')), this.#options.partitionCount);
  }

  #make(host: string, membership: NodeOptions['membership']): Machine {
    this.#count++;
    const machine = new Machine(host, this.#nodeOptions(host, membership), this.#random.fork(), this.#around);
    this.#machines = [...this.#machines, machine];
    this.#byId.set(machine.id, machine);
    return machine;
  }

  #membershipOf(host: string, entry: Entry | undefined): NodeOptions['membership'] {
    const { partitionCount } = this.#options;
    const self = addressOf(host);
    if (!this.#options.isElastic) return new StaticMembership(self, this.#founders, partitionCount);
    const { replaces, seeds = [] } = entry ?? {};
    return {
      self: { id: nodeIdOf(host, PEER_PORT), ...self, zone: '', weight: 1 },
      founders: entry === undefined ? this.#list.members() : [],
      seeds: seeds.map((seed) => ({ host: seed.host, port: PEER_PORT })),
      replace: replaces?.id,
      partitionCount,
    };
  }

  #nodeOptions(host: string, membership: NodeOptions['membership']): NodeOptions {
    const {
      keyspaces,
      times,
      exchangePeriodMs,
      requestTimeoutMs,
      clockEntriesMax,
      memoryBytesMax,
      flushPeriodMs,
      retireAfterMs,
    } = this.#options;
    return {
      membership,
      clusterName: 'simulated',
      secret: 'simulated secret',
      listen: { host, port: PEER_PORT },
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
      retireAfterMs,
      background: { targetMs: 0, rateMin: 500, rateMax: 50_000 },
    };
  }
}

function addressOf(host: string): { host: string; port: number; peerPort: number } {
  return { host, port: PORT, peerPort: PEER_PORT };
}
